/** Who is right about each difference to HL7's engine, by the text of R4. The test knows no other difference. */

export interface Judgement {
  /** beginning of the kind of the error, as verdicts.ts names it */
  kind: RegExp
  by: 'ours' | 'theirs'
  right: 'ours' | 'theirs' | 'neither'
  why: string
  /** the engine goes by a rule that R4 does not have */
  notR4?: true
}

export const JUDGEMENTS: readonly Judgement[] = [
  {
    kind: /^TYPE_SPECIFIC_CHECKS_DT_ATT_B64_DECODE_FAIL/,
    by: 'theirs',
    right: 'ours',
    why: 'The pattern of base64Binary allows white space between groups of four; the engine decodes with a decoder that does not.',
  },
  {
    kind: /^SM_/,
    by: 'theirs',
    right: 'ours',
    why: 'The type of an input of a StructureMap may be one of a model that is known elsewhere; R4 binds it to nothing.',
  },
  {
    kind: /^(?:BUNDLE_BUNDLE_ENTRY_NOTFOUND|Bundle_BUNDLE_FullUrl_Missing)/,
    by: 'theirs',
    right: 'ours',
    why: 'bundle.html#references: the base of the entry and the relative reference are the fullUrl of another entry, so the reference leads there, although the ids of the resources are others; a reference of an entry without a fullUrl points to something outside the bundle.',
  },
  {
    kind: /^SD_TYPE_NOT_LOCAL/,
    by: 'theirs',
    right: 'ours',
    why: 'StructureDefinition.type is relative to http://hl7.org/fhir/StructureDefinition/, where these logical models of R4 are defined; R4 allows absolute types in logical models ("only allowed in logical models"), that they need one is a rule of later versions.',
    notR4: true,
  },
  {
    kind: /^ED_INVARIANT_KEY_ALREADY_USED/,
    by: 'theirs',
    right: 'ours',
    why: 'eld-14: the keys of the constraints of one element are unique. Nothing in R4 forbids another type to use the same (both are R4’s own inv-1).',
    notR4: true,
  },
  {
    kind: /^definition-expression/,
    by: 'ours',
    right: 'ours',
    why: 'The constraint of an Extension names an element that an Extension does not have: executed on it, the expression never finds one. The engine passes over it.',
  },
  {
    kind: /^Terminology_TX_NoValid_1_CC/,
    by: 'theirs',
    right: 'ours',
    why: 'One coding of the concept is in the value set, which is enough (terminologies.html#required). The engine finds it where it stands alone; with a second one beside it, of LOINC, it says that none is (also when it is told LOINC’s codes).',
  },
  {
    kind: /^Terminology_/,
    by: 'theirs',
    right: 'neither',
    why: 'A follow-up of the structural error at the same place.',
  },
  {
    kind: /^Validation_VAL_Profile_NoType/,
    by: 'theirs',
    right: 'ours',
    why: 'The same error, a type of a choice that the profile leaves out: the engine names the resource that holds the choice, we name the choice.',
  },
  {
    kind: /^type \w+(?: \| \w+)+$/,
    by: 'ours',
    right: 'ours',
    why: 'The same error, a type of a choice that the profile leaves out: the engine names the resource that holds the choice, we name the choice.',
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
