import { isLoopbackHost } from '../../shared/contract/provider-template.ts'

/**
 * The address as it may be handed to the operating system, or null. Only web addresses without credentials: https, and http on this machine
 * (a rehearsal provider). Everything else (file:, smb:, custom schemes) could start programs.
 */
export function externalUrl(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return null
  if (url.protocol === 'https:') return url.href
  return url.protocol === 'http:' && isLoopbackHost(url.hostname) ? url.href : null
}
