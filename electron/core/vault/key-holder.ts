// The data key while the vault is unlocked: the one place where it is, and where it is wiped.
import { KeywayError } from '../../../shared/contract/errors.ts'
import { Secret } from '../../../shared/contract/secret.ts'
import { createFingerprint } from './fingerprint.ts'
import { createMac, type MacPurpose } from './mac.ts'
import { openBytes, sealBytes, type Sealed } from './sealed.ts'

export type KeyHolder = {
  readonly unlocked: boolean
  hold: (dataKey: Uint8Array) => void
  wipe: () => void
  /** The key itself, for wrapping it by another protector. @throws KeywayError `vault_locked`. */
  dataKey: () => Uint8Array
  seal: (secret: Secret, aad: string) => Sealed
  open: (value: string, aad: string) => Secret
  fingerprint: (secret: Secret) => string
  mac: (purpose: MacPurpose, text: string) => string
}

type Held = {
  key: Uint8Array
  fingerprint: (secret: Secret) => string
  mac: (purpose: MacPurpose, text: string) => string
}

export function createKeyHolder(): KeyHolder {
  let held: Held | null = null
  const holding = (): Held => {
    if (held === null) throw new KeywayError('vault_locked')
    return held
  }
  return {
    get unlocked() {
      return held !== null
    },
    hold(dataKey) {
      held = { key: dataKey, fingerprint: createFingerprint(dataKey), mac: createMac(dataKey) }
    },
    wipe() {
      held?.key.fill(0)
      held = null
    },
    dataKey: () => holding().key,
    seal: (secret, aad) => sealBytes(holding().key, Buffer.from(secret.reveal()), aad),
    open(value, aad) {
      const plain = openBytes(holding().key, value, aad)
      if (plain === null) {
        throw new KeywayError('data_damaged', {
          message: 'A stored secret does not belong where it stands, or was changed.',
          nextStep: 'Reconnect the account or enter the secret again.',
          details: { secretOf: aad },
        })
      }
      const secret = new Secret(plain.toString('utf8'))
      plain.fill(0)
      return secret
    },
    fingerprint: (secret) => holding().fingerprint(secret),
    mac: (purpose, text) => holding().mac(purpose, text),
  }
}
