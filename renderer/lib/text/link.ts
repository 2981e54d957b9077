export const linkText = {
  notAnswering: {
    message: 'Keyway is not answering.',
    nextStep: 'Check that it is running. This page reconnects by itself; nothing you typed is lost.',
  },
  signedOut: {
    message: 'This page has no session with Keyway.',
    nextStep: 'Open the link that Keyway printed when it started.',
  },
  callBroken: {
    message: 'Keyway broke off before it answered.',
    nextStep: 'Try again; if it stays, restart Keyway.',
  },
  offlineTitle: 'Keyway is not answering',
  offlineDetail: 'What you see is from before. Trying again by itself.',
  connecting: 'Opening Keyway…',
  signedOutTitle: 'Open the link that Keyway printed',
  signedOutLead:
    'This browser has no session with Keyway, or it has ended. Keyway prints a one-time link when it starts; opening it signs this browser in.',
  signedOutSteps: [
    'Go to the terminal in which Keyway runs.',
    'Open the printed address that begins with http://127.0.0.1. It works once.',
    'Too old, or used already? Restart Keyway there, and it prints a fresh one.',
  ],
} as const
