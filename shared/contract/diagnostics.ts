/** Shown to the person before anything is saved: what is in `text` is all that there is. Holds no secret; see SECURITY.md. */
export type Diagnostics = {
  fileName: string
  /** JSON, indented. */
  text: string
  /** What is in it and what is not, in sentences. */
  summary: string[]
}

/** One connection's life, redacted, for a provider's or an app's support. */
export type SupportReport = { fileName: string; text: string }
