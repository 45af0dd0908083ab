/** Every format that is broken, with its samples and its own ways of being broken. */
import type { Random } from '../support/random.ts'
import { BYTE_MUTATIONS, type Mutant, type Mutation } from './mutate.ts'
import { anew, ofHousehold, resources, type Sample, samplesIn } from './samples.ts'
import { archiveMutation, type Shelf } from './shapes/archives.ts'
import { CHARSET_MUTATIONS } from './shapes/charsets.ts'
import { HL7_MUTATIONS } from './shapes/hl7.ts'
import { JSON_MUTATIONS, linesOf, listOf } from './shapes/json.ts'
import { TABLE_MUTATIONS } from './shapes/tables.ts'
import { XML_MUTATIONS } from './shapes/xml.ts'

export interface Broken {
  /** how it is sent */
  sample: Omit<Sample, 'bytes' | 'own'>
  mutant: Mutant
}

export interface Format {
  name: string
  way: 'http' | 'mllp'
  /** sent as they are before anything broken: they make patients known */
  sound: readonly Sample[]
  /** the next one of the seed */
  draw(random: Random): Broken
}

const HL7_NUMBERS = /\b(?:LIS|ADT|BG|SQ)\d{8,}/g
/** of the rows of each table, and of no visit or report that others made known: rows would wait for their patients for ever */
const TABLE_NUMBERS: readonly [RegExp, RegExp][] = [
  [/INDICATORS/, /\bBG\d{8,}-\d+/g],
  [/LIS_REPORT/, /\bBG\d{8,}/g],
  [/MZ_MEDICAL/, /\bMZ\d{8,}/g],
  [/ZY_MEDICAL|ADM_REG|SUMMARY/, /\b(?:ZY|LG)\d{8,}/g],
  [/PATIENT_INFORMATION/, /\b(?:C1\d{10}|00010\d{5}|[13]1\d{16})/g],
  [/./, /\b(?:YX|US|BL|XD|ZD|SS|FY|YZ)\d{4,}/g],
]
const DOCUMENT_NUMBERS = /\bDOC[-\dA-Z]*\d/g
const MESSAGE_NUMBERS = /(?<="(?:msgid|inf_refmsgid)"\s*:\s*")[^"]+/g

const hl7 = (source: string, name: RegExp) =>
  samplesIn('hospital', name, { client: 'h1-engine', path: `/ingest/${source}`, contentType: 'application/hl7-v2', own: HL7_NUMBERS })

const hl7Samples = async (): Promise<Sample[]> => [...(await hl7('h1-his', /^adt.*hl7$/)), ...(await hl7('h1-lis', /^oru.*hl7$/))]

const cdaSamples = async (): Promise<Sample[]> => {
  const contentType = 'application/xml'
  const hospital = { client: 'h1-engine', path: '/ingest/h1-cda', contentType, own: DOCUMENT_NUMBERS }
  const platform = { client: 'ha', path: '/ingest/rhip-cda', contentType, own: DOCUMENT_NUMBERS }
  const own = await samplesIn('hospital/cda', /\.xml$/, hospital)
  return [...own, ...(await samplesIn('hospital', /^cda.*\.xml$/, hospital)), ...own.slice(0, 5).map((one) => ({ ...one, ...platform }))]
}

const miisSamples = () =>
  samplesIn('miis', /\.json$/, { client: 'mia', path: '/ingest/miis', contentType: 'application/json', own: MESSAGE_NUMBERS })

const tableSamples = async (): Promise<Sample[]> => {
  const sent = { client: 'ha', path: '/ingest/rhip', contentType: 'text/csv' }
  const days = await Promise.all(['20260310', '20260311'].map((day) => samplesIn(`rhip/${day}`, /\.(?:csv|txt)$/, sent)))
  return days.flat().map((one) => {
    const own = TABLE_NUMBERS.find(([file]) => file.test(one.name))?.[1]
    return own ? { ...one, own } : one
  })
}

const deSamples = () =>
  samplesIn('rhip', /^de-.*\.xml$/, { client: 'ha2', path: '/ingest/rhip2', contentType: 'application/xml', own: /\bBG\d{8,}/g })

const homePages = (name: RegExp, contentType: string, own: RegExp) =>
  ownFile('home-page', name, contentType, own).then((samples) => samples.map((one): Sample => ({ ...one, moves: true })))

const ownFile = (folder: string, name: RegExp, contentType: string, own?: RegExp) =>
  samplesIn(`hospital/${folder}`, name, { client: 'h1-engine', path: `/ingest/h1-${folder}`, contentType, ...(own && { own }) })

/** Two fifths in what the format is made of, two in their bytes, one in their characters. */
function drawer(samples: readonly Sample[], shapes: readonly Mutation[]): Format['draw'] {
  const kinds = [shapes, shapes, BYTE_MUTATIONS, BYTE_MUTATIONS, CHARSET_MUTATIONS]
  let drawn = 0
  return (random) => {
    const sample = ofHousehold(anew(random.pick(samples), random), drawn++)
    return { sample, mutant: random.pick(random.pick(kinds))(sample, random) }
  }
}

function archiveDrawer(samples: readonly Sample[], shapes: readonly Mutation[]): Format['draw'] {
  const mutations = [...shapes, ...BYTE_MUTATIONS, ...CHARSET_MUTATIONS]
  const shelf: Shelf = { draw: (random) => anew(random.pick(samples), random), mutations }
  const mutation = archiveMutation(shelf, BYTE_MUTATIONS)
  return (random) => {
    const sample = { ...(random.pick(samples) as Sample), fileName: 'day.zip', contentType: 'application/zip' }
    return { sample, mutant: mutation(sample, random) }
  }
}

/** Files of messages: one on each line, or a list; a third broken in their bytes. */
function batchDrawer(samples: readonly Sample[]): Format['draw'] {
  return (random) => {
    const isList = random.below(4) === 0
    const sample = { ...anew(random.pick(samples), random), fileName: isList ? 'day.json' : 'day.jsonl', contentType: 'text/plain' }
    const made = (isList ? listOf : linesOf)(sample, random)
    if (random.below(3) > 0) return { sample, mutant: made }
    return { sample, mutant: random.pick([...BYTE_MUTATIONS, ...CHARSET_MUTATIONS])({ ...sample, bytes: made.bytes }, random) }
  }
}

export async function allFormats(): Promise<Format[]> {
  const [messages, documents, exchanges, tables, elements, pages, dbf, files] = await Promise.all([
    hl7Samples(),
    cdaSamples(),
    miisSamples(),
    tableSamples(),
    deSamples(),
    homePages(/\.csv$/, 'text/csv', /\bZY\d{8,}/g),
    homePages(/\.dbf$/, 'application/x-dbf', /ZY\d{11}/g),
    ownFile('documents', /\.zip$/, 'application/zip'),
  ])
  const own = documents.filter(({ path }) => path === '/ingest/h1-cda')
  return [
    { name: 'hl7v2', way: 'http', sound: messages, draw: drawer(messages, HL7_MUTATIONS) },
    { name: 'hl7v2-mllp', way: 'mllp', sound: [], draw: drawer(messages, HL7_MUTATIONS) },
    { name: 'cda', way: 'http', sound: [], draw: drawer(documents, XML_MUTATIONS) },
    { name: 'cda-archive', way: 'http', sound: [], draw: archiveDrawer(own, XML_MUTATIONS) },
    { name: 'miis', way: 'http', sound: [], draw: drawer(exchanges, JSON_MUTATIONS) },
    { name: 'miis-file', way: 'http', sound: [], draw: batchDrawer(exchanges) },
    { name: 'rhip-table', way: 'http', sound: tables, draw: drawer(tables, TABLE_MUTATIONS) },
    { name: 'rhip-archive', way: 'http', sound: [], draw: archiveDrawer(tables, TABLE_MUTATIONS) },
    { name: 'rhip-de', way: 'http', sound: [], draw: drawer(elements, XML_MUTATIONS) },
    { name: 'home-page', way: 'http', sound: pages, draw: drawer(pages, TABLE_MUTATIONS) },
    {
      name: 'home-page-dbf',
      way: 'http',
      sound: [],
      draw: drawer(
        dbf.map((one) => ({ ...one, fixed: true })),
        BYTE_MUTATIONS,
      ),
    },
    { name: 'documents', way: 'http', sound: files, draw: drawer(files, BYTE_MUTATIONS) },
    { name: 'fhir', way: 'http', sound: [], draw: drawer(resources(), JSON_MUTATIONS) },
  ]
}
