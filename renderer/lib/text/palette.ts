export const paletteText = {
  title: 'Command palette',
  placeholder: 'Search connections, apps, providers and actions',
  nothing: 'Nothing has that name.',
  groups: {
    actions: 'Actions',
    connections: 'Connections',
    apps: 'Apps',
    providers: 'Providers',
    goTo: 'Go to',
  },
  addConnection: 'Add a connection',
  newApp: 'Make an app key',
  lock: 'Lock the vault',
  theme: { system: 'Theme: follow the system', light: 'Theme: light', dark: 'Theme: dark' },
  reconnect: (name: string) => `Reconnect ${name}`,
  copyUrl: 'Copy the local API’s address',
  hint: { move: 'move', open: 'open', leave: 'close' },
} as const
