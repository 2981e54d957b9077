import { useWatch } from 'react-hook-form'
import type { ReactNode } from 'react'
import { text } from '../../lib/text.ts'
import { FormChips, FormMap, FormSelect, FormText } from './form-fields.tsx'

const words = text.providers.advanced

/** Deviations of a server from the standard, each as a sentence with its current value. */
export function AdvancedFields({ withAddresses }: { withAddresses: boolean }) {
  return (
    <div className="flex flex-col gap-7 pl-5.5">
      {withAddresses && (
        <Group title={text.providers.overview.setup}>
          <FormText name="spec.discovery.issuer" label={text.add.form.issuer} mono optional />
          <FormText name="spec.endpoints.authorization" label={text.add.form.authorization} mono />
          <FormText name="spec.endpoints.token" label={text.add.form.token} mono />
        </Group>
      )}
      <SignInGroup />
      <TokenGroup />
      <ApiGroup />
      <IdentityGroup />
      <SecurityGroup />
    </div>
  )
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-4">
      <h3 className="text-muted text-xs font-semibold">{title}</h3>
      {children}
    </section>
  )
}

function Pair({ children }: { children: ReactNode }) {
  return <div className="grid gap-4 sm:grid-cols-2">{children}</div>
}

function SignInGroup() {
  return (
    <Group title={words.signIn}>
      <Pair>
        <FormSelect name="flow" label={words.flow} options={words.flowOptions} />
        <FormSelect name="redirect" label={words.redirect} options={words.redirectOptions} />
        <FormSelect name="redirectHost" label={words.redirectHost} options={words.redirectHostOptions} />
        <FormSelect name="spec.authorize.pkce" label={words.pkce} options={words.pkceOptions} />
        <FormSelect name="spec.scopes.separator" label={words.separator} options={words.separators} />
      </Pair>
      <FormMap name="spec.authorize.extraParams" label={words.authorizeParams} />
      <FormText name="spec.endpoints.deviceAuthorization" label={words.device} mono optional />
    </Group>
  )
}

function TokenGroup() {
  return (
    <Group title={words.tokens}>
      <Pair>
        <FormSelect name="spec.client.auth" label={words.auth} options={words.authOptions} />
        <FormSelect name="spec.token.format" label={words.format} options={words.formats} />
        <SignatureFields />
      </Pair>
      <FormMap name="spec.token.extraParams" label={words.tokenParams} />
      <FormMap name="spec.token.headers" label={words.tokenHeaders} />
      <AccessTokenPath />
      <FormText
        name="spec.token.defaultLifetimeSeconds"
        label={words.lifetime}
        hint={words.lifetimeHint}
        kind="number"
        optional
      />
      <FormText name="spec.refresh.url" label={words.refreshUrl} hint={words.refreshUrlHint} mono optional />
      <FormMap name="spec.refresh.params" label={words.refreshParams} />
      <FormText
        name="spec.refresh.keepAliveSeconds"
        label={words.keepAlive}
        hint={words.keepAliveHint}
        kind="number"
        optional
      />
      <FormText name="spec.endpoints.revocation" label={words.revocation} mono optional />
    </Group>
  )
}

function SignatureFields() {
  const auth: unknown = useWatch({ name: 'spec.client.auth' })
  if (auth !== 'private_key_jwt' && auth !== 'client_secret_jwt') return null
  return (
    <>
      {auth === 'private_key_jwt' && (
        <FormSelect
          name="spec.client.signingAlgorithm"
          label={words.signingAlgorithm}
          options={words.signingAlgorithmOptions}
        />
      )}
      <FormSelect
        name="spec.client.assertionAudience"
        label={words.assertionAudience}
        options={words.assertionAudienceOptions}
      />
    </>
  )
}

/** The one path of the response that people need; in the schema it is absent, not null. */
function AccessTokenPath() {
  return (
    <FormText
      name="spec.token.paths.accessToken"
      label={words.accessTokenPath}
      hint={words.accessTokenPathHint}
      empty="absent"
      mono
      optional
    />
  )
}

function ApiGroup() {
  return (
    <Group title={words.api}>
      <FormText name="spec.api.baseUrl" label={words.baseUrl} hint={words.baseUrlHint} mono optional />
      <FormMap name="spec.api.headers" label={words.apiHeaders} />
      <FormText
        name="spec.api.tokenHeader"
        label={words.tokenHeader}
        hint={words.tokenHeaderHint}
        mono
        optional
      />
    </Group>
  )
}

function IdentityGroup() {
  const request: unknown = useWatch({ name: 'spec.account.request' })
  return (
    <Group title={words.identity}>
      <FormText name="spec.endpoints.userinfo" label={words.userinfo} mono optional />
      {request !== null && <FormText name="spec.account.request.url" label={words.identityRequest} mono />}
      <Pair>
        <FormText name="spec.account.labelPath" label={words.labelPath} mono optional />
        <FormText name="spec.account.idPath" label={words.idPath} mono optional />
      </Pair>
    </Group>
  )
}

function SecurityGroup() {
  return (
    <Group title={words.security}>
      <Pair>
        <FormSelect name="spec.dpop" label={words.dpop} options={words.dpopOptions} />
        <FormSelect name="spec.authorize.par" label={words.par} options={words.parOptions} />
      </Pair>
      <FormChips name="spec.resources" label={words.resources} hint={words.resourcesHint} optional />
      <FormText name="extraCa" label={words.extraCa} kind="long" empty="text" optional />
    </Group>
  )
}
