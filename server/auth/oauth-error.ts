/** Errors of the OAuth endpoints (RFC 6749, 5.2): the code, and a sentence that names a parameter and the rule, never a value. */

const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  'not-supported': 501,
  temporarily_unavailable: 503,
} as const

export type OAuthErrorCode = keyof typeof STATUS

export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly status: number

  constructor(code: OAuthErrorCode, description: string) {
    super(description)
    this.code = code
    this.status = STATUS[code]
  }

  toJSON(): { error: OAuthErrorCode; error_description: string } {
    return { error: this.code, error_description: this.message }
  }
}
