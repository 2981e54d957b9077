// Puts together the source text of what runs in a window's two worlds before the page's own scripts.
import { Script } from 'node:vm'
import { createCloneText } from './clone-text.ts'
import { startPreloadWorld, type PreloadFacts } from './preload-world.ts'
import { titleBindingName, watchTitle } from './title-watch.ts'
import { createWorldMembrane } from './world-membrane.ts'

export const preloadWorldName = 'Electron Isolated Context'
export const bindingName = '__standInPost'

/**
 * Preloads run in the main frame only: nodeIntegrationInSubFrames is refused. `top` cannot be replaced by a
 * page.
 */
const onlyMainFrame = (body: string): string => `if (window === window.top) { ${body} }`

export function pageWorldScript(token: string): string {
  return onlyMainFrame(`(${createWorldMembrane.toString()})(${JSON.stringify(token)}, 'page')`)
}

export function titleWatchScript(): string {
  return onlyMainFrame(`(${watchTitle.toString()})(globalThis.${titleBindingName})`)
}

/** @throws SyntaxError when the preload cannot be parsed as CommonJS. */
export function preloadWorldScript(facts: PreloadFacts, preload: { path: string; source: string }): string {
  const run = `(function (exports, require, module, process) { ${preload.source}\n})`
  // Parsed here because Chromium reports nothing about an injected script that it cannot parse.
  void new Script(run, { filename: preload.path })
  const membrane = `(${createWorldMembrane.toString()})(${JSON.stringify(facts.token)}, 'preload')`
  const clone = `(${createCloneText.toString()})()`
  const post = `globalThis.${bindingName}`
  return onlyMainFrame(
    `(${startPreloadWorld.toString()})(${JSON.stringify(facts)}, ${clone}, ${membrane}, ${post}, ${run})`,
  )
}
