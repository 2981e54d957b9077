import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { z } from 'zod'
import { App } from './features/shell/app.tsx'
import { loadScreensWith } from './features/shell/lazy-screens.ts'
import { createHost } from './host/create-host.ts'
import { text } from './lib/text.ts'
import { WindowProvider } from './stores/window-context.tsx'
import { createPresenceGate } from './stores/presence-gate.ts'
import { createPresetsStore } from './stores/presets-store.ts'
import { createWindowStore } from './stores/window-store.ts'
import './styles/app.css'

// The content security policy forbids code made from text, which zod would otherwise try for speed.
z.config({ jitless: true })

const gate = createPresenceGate(createHost(window, text.link))
const { host } = gate
const store = createWindowStore(host)
const presets = createPresetsStore(host)
loadScreensWith(store)
store.start()
// Nearly every screen needs the presets, so they are requested before the first one does.
void presets.load()
// Without the icons, initials are shown.
import('./components/brand/brand-mark.tsx').catch(() => undefined)

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root.')
const context = { host, store, presets, gate }
createRoot(root).render(
  <StrictMode>
    <WindowProvider value={context}>
      <App />
    </WindowProvider>
  </StrictMode>,
)
