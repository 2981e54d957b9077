import type {
  KeptTokens,
  RehearsalCounts,
  RehearsalSituation,
  RehearsalVisit,
} from '../../../shared/contract/rehearsal.ts'

/** A rehearsal provider that was opened, as the core needs it; `electron/rehearsal` has one. */
export type RehearsalRun = {
  readonly issuer: string
  readonly port: number
  readonly clientId: string
  readonly accounts: ReadonlyArray<{ email: string; name: string }>
  situation(): RehearsalSituation
  /** @throws KeywayError port_busy when the port cannot be had back after an outage. */
  behave(situation: RehearsalSituation): Promise<void>
  /** Lets go of the port and keeps what was issued. */
  pause(): Promise<void>
  /** @throws KeywayError port_busy */
  resume(): Promise<void>
  look(): { counts: RehearsalCounts; visits: RehearsalVisit[] }
  close(): Promise<void>
}

/** Comes from the composition roots, which load it when it is wanted for the first time. @throws KeywayError port_busy */
export type OpenRehearsal = (options: {
  /** 0: any free one. */
  port: number
  redirectUris: readonly string[]
  onChanged: () => void
  /** What the one before it had issued, and where it goes on keeping that; `keep` never rejects. */
  keeping: { before: KeptTokens | null; keep: (state: KeptTokens) => Promise<void> }
}) => Promise<RehearsalRun>
