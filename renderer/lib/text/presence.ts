const places = {
  window: 'in a Keyway window that is open already',
  terminal: 'on the terminal that started Keyway',
}

export const presenceText = {
  title: 'Prove that it is you',
  lead: 'This window was opened by a command. A program could have done that, so before it changes anything Keyway wants to know that you are there.',
  prove: 'Continue',
  code: 'Code',
  codePlaceholder: 'AB12-CD34',
  newCode: 'Show a new code',
  codeAppears: (where: ReadonlyArray<keyof typeof places>) =>
    `The code stands ${where.map((place) => places[place]).join(', and ')}. It is good for two minutes.`,
  noMethod:
    'The vault has no passphrase, no other Keyway window is open, and Keyway was not started in a terminal, so there is no place to show a code. Stop Keyway and start it in a terminal; the link that it prints there needs no proof.',
  wrongPassphrase: 'That is not the passphrase.',
  shownTitle: 'Another window asks for a code',
  shownLead: 'It was opened by a command. Type the code only into a window that you opened yourself.',
  notices: {
    'link-made': 'A command opened a window of Keyway',
    proved: 'A window opened by a command may now make changes',
    refused: 'A window opened by a command failed to prove that it is you',
  },
  noticeDetail: 'If that was not you, lock the vault and look at Activity.',
} as const
