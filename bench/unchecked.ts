/** Preloaded into a server that is measured without validation. No server outside of this folder is ever started so. */
import { registerHooks } from 'node:module'

const VALIDATOR = '/server/validation/validator.ts'
const SOUND =
  'export const createValidator = () => ({ validate: () => [], judge: async () => [], refresh: async () => {}, profilesFor: () => [], demandedFor: () => [], knows: () => false })'

registerHooks({
  load: (url, context, next) => (url.endsWith(VALIDATOR) ? { format: 'module', source: SOUND, shortCircuit: true } : next(url, context)),
})
