export const linkText = {
  notAnswering: {
    message: 'Keyway is not answering.',
    nextStep: 'Start it again. This page reconnects by itself; nothing you typed is lost.',
  },
  signedOut: {
    message: 'This page has no session with Keyway.',
    nextStep: 'Press Enter in the terminal in which Keyway runs, or run “keyway open”.',
  },
  callBroken: {
    message: 'Keyway broke off before it answered.',
    nextStep: 'Try again; if it stays, restart Keyway.',
  },
  offlineTitle: 'Keyway is not answering',
  offlineDetail:
    'What you see is from before. Start Keyway again the way you started it; this page reconnects by itself, and what you typed stays.',
  gone: 'Not answering',
  connecting: 'Opening Keyway…',
  signedOutTitle: 'This browser is not signed in',
  signedOutLead:
    'It has no session with Keyway, or the session has ended. A link that works once signs it in; there are three ways to get one.',
  signedOutSteps: [
    'Press Enter in the terminal in which Keyway runs. It prints a fresh link.',
    'Or run “keyway open” in any terminal. (In the folder of Keyway without the command installed: “npx --no-install keyway open”.)',
    'Keyway is not running? Start it again; it opens or prints a link.',
  ],
} as const
