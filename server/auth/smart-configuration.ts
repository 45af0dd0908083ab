/** What /fhir/.well-known/smart-configuration says (SMART App Launch 2.2, conformance). */
import { authUrls } from './access-token.ts'
import { ALGORITHMS } from './limits.ts'

/** @param publicUrl PUBLIC_URL without a slash at its end */
export function smartConfiguration(publicUrl: string): Record<string, unknown> {
  const urls = authUrls(publicUrl)
  return {
    issuer: urls.issuer,
    jwks_uri: urls.jwks,
    token_endpoint: urls.token,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
    introspection_endpoint: urls.introspect,
    introspection_endpoint_auth_methods_supported: ['private_key_jwt'],
    grant_types_supported: ['client_credentials'],
    scopes_supported: ['system/*.cruds', 'user/*.cruds', 'patient/*.cruds'],
    // Required by SMART even where there is no authorization endpoint.
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-patient', 'permission-user', 'permission-v1', 'permission-v2'],
  }
}
