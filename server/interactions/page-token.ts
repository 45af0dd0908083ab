/**
 * Page links: encrypted (a query may hold names and numbers), bound to the caller, expiring. A token is never proof of
 * authorisation: each page is decided anew.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { Actor } from '../auth/actor.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { PageMark } from '../store/types.ts'

export interface PageState {
  /** what the link belongs to: the path that is searched, below the base */
  type: string
  query: [string, string][]
  mark: PageMark
}

export interface PageTokens {
  seal(actor: Actor, state: PageState): string
  /** @throws OutcomeError page-invalid: forged, expired, or another caller's */
  open(actor: Actor, token: string): PageState
}

export const PAGE_LIFE_MS = 3_600_000
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createPageTokens(secret: Uint8Array, now: () => Date): PageTokens {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'page links', 32))
  return {
    seal(actor, state) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      cipher.setAAD(Buffer.from(callerOf(actor)))
      const plain = JSON.stringify({ ...state, expires: now().getTime() + PAGE_LIFE_MS })
      return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(actor, token) {
      const state = decrypt(key, callerOf(actor), token)
      if (!state || state.expires < now().getTime()) throw new OutcomeError('page-invalid', { expression: ['http._page'] })
      return state
    },
  }
}

/** Everything that decides what a caller may see: a link made for one view must not open in another. */
export function callerOf(actor: Actor): string {
  return JSON.stringify([actor.clientId, actor.purpose, actor.form, actor.study, actor.patient, actor.user])
}

function decrypt(key: Uint8Array, caller: string, token: string): (PageState & { expires: number }) | undefined {
  const bytes = Buffer.from(token, 'base64url')
  // Node passes over what is no base64url and over bits that are left: such a token was not issued.
  if (bytes.toString('base64url') !== token || bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
    decipher.setAAD(Buffer.from(caller))
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
    const plain = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()])
    return JSON.parse(plain.toString('utf8')) as PageState & { expires: number }
  } catch {
    return undefined
  }
}
