// The person at the sign-in pages, for tests. The same one that `npm run demo -- --auto` uses.
export { approveDevice, openTab, signInWithHttp } from './robot-browser.ts'
export type { BrowserTab, DeviceOutcome, SignInChoices, SignInOutcome } from './robot-browser.ts'
