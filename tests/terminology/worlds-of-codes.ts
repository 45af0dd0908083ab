/** Small definitions that several tests store: a hierarchy as SNOMED CT has it, a Chinese list, maps. */

export const SCT = 'http://snomed.info/sct'
export const ANIMALS = 'urn:test:animals'
export const SIGNS = 'urn:test:signs'

/** Of the codes that the examples of the R4 operations name. */
export const snomed = {
  resourceType: 'CodeSystem',
  id: 'sct',
  url: SCT,
  version: 'http://snomed.info/sct/731000124108',
  name: 'SNOMED_CT',
  status: 'active',
  content: 'fragment',
  caseSensitive: true,
  hierarchyMeaning: 'is-a',
  concept: [
    {
      code: '235856003',
      display: 'Disorder of liver',
      concept: [{ code: '3738000', display: 'Viral hepatitis' }],
    },
    { code: '22298006', display: 'Myocardial infarction' },
    { code: '128599005', display: 'Structural disorder of heart', concept: [{ code: '57809008', display: 'Myocardial disease' }] },
  ],
}

/**
 * mammal > whale, bat; flyer > bat, bird: bat has two parents, the second by property. `unicorn` is not active, `mammal` not for use.
 */
export const animals = {
  resourceType: 'CodeSystem',
  id: 'animals',
  url: ANIMALS,
  version: '1.10',
  name: 'Animals',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  property: [
    { code: 'legs', type: 'integer' },
    { code: 'parent', uri: 'http://hl7.org/fhir/concept-properties#parent', type: 'code' },
    { code: 'gone', uri: 'http://hl7.org/fhir/concept-properties#inactive', type: 'boolean' },
    { code: 'notSelectable', uri: 'http://hl7.org/fhir/concept-properties#notSelectable', type: 'boolean' },
  ],
  concept: [
    {
      code: 'mammal',
      display: 'Mammal',
      definition: 'Gives milk',
      property: [{ code: 'notSelectable', valueBoolean: true }],
      designation: [{ language: 'zh-CN', value: '哺乳动物' }],
      concept: [
        {
          code: 'whale',
          display: 'Whale',
          property: [{ code: 'legs', valueInteger: 0 }],
          designation: [{ language: 'zh-CN', value: '鲸' }],
        },
        {
          code: 'bat',
          display: 'Bat',
          property: [
            { code: 'legs', valueInteger: 2 },
            { code: 'parent', valueCode: 'flyer' },
          ],
          designation: [
            { language: 'zh-CN', value: '蝙蝠' },
            { language: 'de', use: { system: 'urn:use', code: 'short' }, value: 'Fledermaus' },
          ],
        },
        { code: 'unicorn', display: 'Unicorn', property: [{ code: 'gone', valueBoolean: true }] },
      ],
    },
    { code: 'flyer', display: 'Flyer', concept: [{ code: 'bird', display: 'Bird', property: [{ code: 'legs', valueInteger: 2 }] }] },
  ],
}

export const signs = {
  resourceType: 'CodeSystem',
  id: 'signs',
  url: SIGNS,
  name: 'Signs',
  status: 'active',
  content: 'complete',
  language: 'zh-CN',
  concept: [
    { code: 'G1', display: '高血压病' },
    { code: 'G2', display: '高血脂症（混合型）' },
    { code: 'D1', display: '2型糖尿病' },
    { code: 'X1', display: '重度贫血' },
    { code: 'N1', display: '女性不孕' },
    { code: 'N2', display: 'N\u00fcrnberg' },
  ],
}

export const valueSet = (
  id: string,
  compose: object,
): { resourceType: string; id: string; url: string; status: string; compose: object } => ({
  resourceType: 'ValueSet',
  id,
  url: `urn:test:vs:${id}`,
  status: 'active',
  compose,
})
