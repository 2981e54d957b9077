// Loaded into the main process before the app, in real Electron (`-r`) and in the stand-in alike. Stands where a person
// or a desktop would be: keeps what was opened, shown and put into the tray, and answers dialogs from a queue, so that
// one spec reads the same thing (`globalThis.__desktop`) from both drivers.
const { spawn } = require('node:child_process')
const { app, dialog, Notification, shell, Tray } = require('electron')

/** `KEYWAY_DESKTOP_BROWSER`: an http address that gets each opened URL as JSON, or a program that gets it as argument. */
async function handToBrowser(url) {
  const browser = process.env.KEYWAY_DESKTOP_BROWSER
  if (!browser) return
  if (!/^https?:/.test(browser)) {
    spawn(browser, [url], { stdio: 'ignore', detached: true }).unref()
    return
  }
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(browser, { method: 'POST', headers, body: JSON.stringify({ url }) })
  if (!response.ok) throw new Error(`KEYWAY_DESKTOP_BROWSER answered ${response.status}`)
}

function recordShell(desktop) {
  shell.openExternal = async (url) => {
    desktop.opened.push(url)
    await handToBrowser(url)
  }
  shell.openPath = async (path) => {
    desktop.openedPaths.push(path)
    return ''
  }
  shell.showItemInFolder = (path) => {
    desktop.openedPaths.push(path)
  }
}

function recordTrays(desktop) {
  const recordOf = (tray) => {
    const known = desktop.trays.find((entry) => entry.tray === tray)
    if (known) return known
    const entry = { tray, menu: null, toolTip: '' }
    desktop.trays.push(entry)
    return entry
  }
  const { setContextMenu, setToolTip, destroy } = Tray.prototype
  Tray.prototype.setContextMenu = function (menu) {
    recordOf(this).menu = menu
    return setContextMenu.call(this, menu)
  }
  Tray.prototype.setToolTip = function (toolTip) {
    recordOf(this).toolTip = toolTip
    return setToolTip.call(this, toolTip)
  }
  Tray.prototype.destroy = function () {
    desktop.trays = desktop.trays.filter((entry) => entry.tray !== this)
    return destroy.call(this)
  }
}

function recordNotifications(desktop) {
  Notification.prototype.show = function () {
    desktop.notifications.push(this)
    this.emit('show', {})
  }
}

function answerDialogs(desktop) {
  const answer = (kind, args) => {
    const options = args.at(-1) ?? {}
    desktop.dialogs.push({ kind, title: options.title ?? '', message: options.message ?? '', options })
    if (desktop.answers.length > 0) return desktop.answers.shift()
    throw new Error(`No answer is queued for dialog.${kind}: ${options.message ?? options.title ?? ''}`)
  }
  for (const kind of ['showMessageBox', 'showOpenDialog', 'showSaveDialog']) {
    dialog[kind] = async (...args) => answer(kind, args)
    dialog[`${kind}Sync`] = (...args) => answer(`${kind}Sync`, args)
  }
  dialog.showErrorBox = (title, message) => {
    desktop.dialogs.push({ kind: 'showErrorBox', title, message, options: {} })
    console.error(`${title}: ${message}`)
  }
}

/** So that a test never touches the person's own data, whatever Electron itself makes of the switch. */
function keepDataApart() {
  const folder = app.commandLine.getSwitchValue('user-data-dir')
  if (folder !== '') app.setPath('userData', folder)
}

if (globalThis.__desktop === undefined) {
  const desktop = { opened: [], openedPaths: [], trays: [], notifications: [], dialogs: [], answers: [] }
  Object.defineProperty(globalThis, '__desktop', { value: desktop })
  keepDataApart()
  recordShell(desktop)
  recordTrays(desktop)
  recordNotifications(desktop)
  answerDialogs(desktop)
}
