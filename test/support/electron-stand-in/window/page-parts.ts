// What the files of one page share.
import type { EventEmitter } from 'node:events'
import type { WebPreferences } from 'electron'
import type { StandInSession } from '../session/session.ts'
import type { FrameTree } from './frame-tree.ts'
import type { NavigationGuard } from './navigation-guard.ts'
import type { PageLoading } from './page-loading.ts'
import type { PageTarget } from './page-target.ts'
import type { RendererChannel } from './renderer-channel.ts'
import type { WebFrames } from './web-frame-main.ts'
import type { WindowOpening } from './window-open.ts'

export type ContentsOptions = {
  readonly id: number
  readonly size: { width: number; height: number }
  readonly preferences: WebPreferences
  readonly session: StandInSession
  readonly onTitle: (title: string) => void
  readonly onClose: () => void
}

export type PageParts = {
  readonly emitter: EventEmitter
  readonly frames: FrameTree
  readonly webFrames: WebFrames
  readonly channel: RendererChannel
  readonly guard: NavigationGuard
  readonly loading: PageLoading
  readonly opening: WindowOpening
  readonly opened: Promise<PageTarget>
  readonly state: PageState
  readonly onPreloadError: (error: Error) => void
}

export type PageState = {
  page: PageTarget | null
  title: string
  isCrashed: boolean
  isGone: boolean
  isLoading: boolean
  isDevToolsOpened: boolean
}
