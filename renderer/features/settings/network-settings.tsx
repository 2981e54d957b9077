import { Rows, PageSection } from '../../components/layout/page.tsx'
import { text } from '../../lib/text.ts'
import { TextSetting } from './setting-fields.tsx'

const words = text.settings.network

export function NetworkSection() {
  return (
    <PageSection title={words.title}>
      <Rows>
        <TextSetting name="proxyUrl" label={words.proxy} hint={words.proxyHint} kind="line" />
        <TextSetting name="extraCa" label={words.ca} hint={words.caHint} kind="long" />
      </Rows>
    </PageSection>
  )
}
