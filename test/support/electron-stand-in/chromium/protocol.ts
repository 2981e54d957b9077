// The protocol's types come with Playwright (pinned), which does not export them by name.
export type { Protocol } from '../../../../node_modules/playwright-core/types/protocol.d.ts'
