// What a person sees when the provider refuses before it can send them back to the client.
import { escapeHtml, renderPage } from './layout.ts'

export function problemPage(problem: { error: string; error_description?: string | undefined }): string {
  return renderPage({
    title: 'This does not work',
    body: `<p role="alert">${escapeHtml(problem.error_description ?? problem.error)}</p>
<p>Error code: <code>${escapeHtml(problem.error)}</code></p>
<p>Go back to Keyway and start the sign-in again.</p>`,
  })
}
