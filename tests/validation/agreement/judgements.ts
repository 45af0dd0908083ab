/** Who is right about each difference to HL7's engine, by the text of R4. The test knows no other difference. */

export interface Judgement {
  /** beginning of the kind of the error, as verdicts.ts names it */
  kind: RegExp
  by: 'ours' | 'theirs'
  right: 'ours' | 'theirs' | 'neither'
  why: string
}

export const JUDGEMENTS: readonly Judgement[] = [
  {
    kind: /^MEASURE_M_CRITERIA_CQL_NO_LIB/,
    by: 'theirs',
    right: 'ours',
    why: 'Measure.group.population.criteria is "typically the name of an expression in a library": R4 demands no library of a measure with CQL.',
  },
  {
    kind: /^TYPE_SPECIFIC_CHECKS_DT_ATT_B64_DECODE_FAIL/,
    by: 'theirs',
    right: 'ours',
    why: 'The pattern of base64Binary allows white space between groups of four; the engine decodes with a decoder that does not.',
  },
  {
    kind: /^SM_/,
    by: 'theirs',
    right: 'theirs',
    why: 'The paths of a StructureMap name elements that the types do not have. Maps are not executed here, and their paths are not checked.',
  },
  {
    kind: /^(?:BUNDLE_BUNDLE_ENTRY_NOTFOUND|Bundle_BUNDLE_FullUrl_Missing)/,
    by: 'theirs',
    right: 'ours',
    why: 'bundle.html#references: a reference that matches no entry points to something outside the bundle; that is allowed.',
  },
  {
    kind: /^(?:SD_|ED_|The element )/,
    by: 'theirs',
    right: 'theirs',
    why: 'The definition itself is not sound (its type, its slices, its bindings, its expressions). Definitions are data here until a site loads them; only then are they compiled and refused.',
  },
  {
    kind: /^Terminology_/,
    by: 'theirs',
    right: 'theirs',
    why: 'A code that R4 itself does not list (currencies of ISO 4217), or a follow-up of the structural error at the same place.',
  },
  {
    kind: /^(?:msq-3|cn-id-1)$/,
    by: 'theirs',
    right: 'neither',
    why: 'The expression has an empty result, since the element is missing. The engine takes empty as false; R4 says only that the expression tells whether the constraint is met. The missing element has its own error in both.',
  },
  {
    kind: /^structure not empty$/,
    by: 'ours',
    right: 'ours',
    why: 'json.html: an array is never empty. The engine misses `given: []` of a HumanName.',
  },
  {
    kind: /^type string$/,
    by: 'ours',
    right: 'ours',
    why: 'A JSON object or number in the place of a string: the engine names the list, we name the item.',
  },
  {
    kind: /^(?:This property must|Error parsing JSON|type object)/,
    by: 'theirs',
    right: 'ours',
    why: 'The same error: the engine names the list, we name the item.',
  },
  {
    kind: /^type object$/,
    by: 'ours',
    right: 'ours',
    why: '`meta` that is no object is no R4; the engine reads over it.',
  },
  {
    kind: /./,
    by: 'theirs',
    right: 'neither',
    why: 'Follow-ups of one structural error (something of another JSON type was left out): both name the error itself, the engine also what then is missing elsewhere.',
  },
]

export const judgementOf = (by: 'ours' | 'theirs', kinds: readonly string[]): Judgement | undefined =>
  JUDGEMENTS.find((each) => each.by === by && kinds.some((kind) => each.kind.test(kind)))
