// The person at the sign-in pages, for tests. The same one that `npm run demo -- --auto` uses.
export { approveDevice, openTab, signInWithHttp } from '../../electron/rehearsal/user-agent.ts'
export type {
  BrowserTab,
  DeviceOutcome,
  SignInChoices,
  SignInOutcome,
} from '../../electron/rehearsal/user-agent.ts'
