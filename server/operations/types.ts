/** An operation is one file and one line in the registry. */
import type { FhirRequest, Handler } from '../interactions/types.ts'

export interface Operation {
  /** without the dollar sign */
  code: string
  /** `system`, a resource type, or `*` for every type */
  on: string
  level: 'system' | 'type' | 'instance'
  /** segments of the address behind its name; absent: none */
  behind?: number
  methods: readonly ('GET' | 'POST' | 'DELETE')[]
  /** whether its requests change what is stored, so that each is made once and not again. @throws OutcomeError */
  writes: boolean | ((request: FhirRequest) => boolean)
  /** canonical of its OperationDefinition */
  definition: string
  run: Handler
}
