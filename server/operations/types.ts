/** An operation is one file and one line in the registry. */
import type { Handler } from '../interactions/types.ts'

export interface Operation {
  /** without the dollar sign */
  code: string
  /** `system`, a resource type, or `*` for every type */
  on: string
  level: 'system' | 'type' | 'instance'
  /** segments of the address behind its name; absent: none */
  behind?: number
  methods: readonly ('GET' | 'POST' | 'DELETE')[]
  /** canonical of its OperationDefinition */
  definition: string
  run: Handler
}
