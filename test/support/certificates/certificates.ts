import { readFileSync } from 'node:fs'

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** PEM texts for a loopback TLS server whose authority no system trusts. */
export const testCertificates = {
  authority: read('authority.pem'),
  certificate: read('server.pem'),
  key: read('server.key'),
}
