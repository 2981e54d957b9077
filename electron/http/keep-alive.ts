/** How long an idle connection is kept; a little longer than common clients do, so that they close first. */
export const KEEP_ALIVE_SECONDS = 72
