export type Launched = {
  isPackaged: boolean
  /** The program that runs now. */
  execPath: string
  /** The checkout, or the archive inside the package. */
  appPath: string
  environment: Readonly<Record<string, string | undefined>>
}

/** What starts this Keyway again. An AppImage is mounted anew at each start, so its program's path is of no use the next time. */
export function launchCommand({ isPackaged, execPath, appPath, environment }: Launched): string[] {
  if (!isPackaged) return [execPath, appPath]
  const appImage = environment['APPIMAGE'] ?? ''
  return [appImage === '' ? execPath : appImage]
}
