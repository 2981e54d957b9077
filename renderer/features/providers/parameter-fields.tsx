import { useWatch } from 'react-hook-form'
import type { TemplateParameter } from '../../../shared/contract/provider-spec.ts'
import { text } from '../../lib/text.ts'
import { FormText } from './form-fields.tsx'

/** Tenant, subdomain, host: what the provider's addresses need to be whole. */
export function ParameterFields() {
  const parameters = useWatch({ name: 'spec.templateParameters' }) as TemplateParameter[]
  return parameters.map(({ name, label, required, example, default: initial }) => (
    <FormText
      key={name}
      name={`parameters.${name}`}
      label={label}
      empty="text"
      required={required}
      optional={!required}
      {...(initial === null ? {} : { placeholder: initial })}
      {...(example === null ? {} : { hint: text.add.form.parameterExample(example) })}
    />
  ))
}
