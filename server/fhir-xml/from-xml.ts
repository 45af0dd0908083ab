/**
 * FHIR XML to the JSON text of the same resource (R4 xml.html, json.html). Strict: what the definitions do not have, or have in
 * another place, is refused with its line and element. The parser knows the five entities of XML and no others, and opens nothing.
 */
import { setImmediate } from 'node:timers/promises'
import { SaxesParser, type SaxesTagNS } from 'saxes'
import { DEPTH_MAX, ITEMS_MAX, NODES_MAX } from '../fhir/resource-text.ts'
import type { IssueCode } from '../outcome/issues.ts'
import { OutcomeError } from '../outcome/outcome-error.ts'
import type { TypeNode } from '../validation/type-tree.ts'
import { elementNode, FHIR_NAMESPACE, membersOf, resourceNode, XHTML_NAMESPACE, type XmlMember } from './members.ts'
import { NarrativeReader, XHTML_DEPTH_MAX } from './narrative.ts'
import { ObjectText } from './object-text.ts'
import { valueToJson } from './values.ts'
import { xmlText } from './xml-bytes.ts'

/** A level of JSON is one of XML, but for the value of a primitive and the type of a resource: what comes of it is measured again. */
const XML_DEPTH_MAX = DEPTH_MAX + 2
/** Of JSON only objects and lists count; here every primitive is an element too. */
const ELEMENTS_MAX = 4 * NODES_MAX
/** FHIR has three, and namespaces. */
const ATTRIBUTES_MAX = 64
/** Comments, processing instructions and CDATA, which cost the reader as much and say nothing. */
const EXTRAS_MAX = ITEMS_MAX
/** characters that are read in one go: some milliseconds, also where they are all tags */
const STEP = 32 * 1024
const XMLNS = 'http://www.w3.org/2000/xmlns/'

/**
 * @returns compact JSON; the limits and rules of JSON bodies hold for it as for what is sent as JSON
 * @throws OutcomeError xml-* (the place is in its texts), charset-invalid, unknown-element, value-format, json-items
 */
export function fromXml(bytes: Uint8Array): string {
  const reader = new Reader(xmlText(bytes))
  while (!reader.step());
  return reader.result
}

/** The same for a body of any size: others get their turn in between. */
export async function fromXmlInTurns(bytes: Uint8Array): Promise<string> {
  const reader = new Reader(xmlText(bytes))
  while (!reader.step()) await setImmediate()
  return reader.result
}

/** An open element. */
interface Frame {
  /** name in FHIRPath: of a choice without its type; empty for a resource, which is named by what holds it */
  name: string
  /** place in its list */
  at?: number
  /** `holder`: an element whose content is one resource */
  kind: 'resource' | 'holder' | 'primitive' | 'complex'
  node?: TypeNode
  text: ObjectText
  /** of a primitive: JSON text of its value; of a holder: that of its resource */
  value?: string
}

class Reader {
  readonly #source: string
  readonly #parser: SaxesParser<{ xmlns: true }> = new SaxesParser({
    xmlns: true as const,
    position: true,
    defaultXMLVersion: '1.0',
    forceXMLVersion: true,
  })
  readonly #frames: Frame[] = []
  #narrative: NarrativeReader | undefined
  #elements = 0
  #extras = 0
  #attributes = 0
  #at = 0
  result = ''

  constructor(source: string) {
    this.#source = source
    this.#listen(this.#parser)
  }

  /** @returns whether it was the last one */
  step(): boolean {
    this.#parser.write(this.#source.slice(this.#at, this.#at + STEP))
    this.#at += STEP
    if (this.#at < this.#source.length) return false
    this.#parser.close()
    return true
  }

  #listen(parser: SaxesParser<{ xmlns: true }>): void {
    parser.on('error', () => {
      throw this.#fault('xml-invalid')
    })
    parser.on('doctype', () => {
      throw this.#fault('xml-doctype')
    })
    parser.on('xmldecl', ({ version }) => {
      if (version !== '1.0') throw this.#fault('xml-version')
    })
    parser.on('opentagstart', () => {
      this.#attributes = 0
    })
    parser.on('attribute', () => {
      if (++this.#attributes > ATTRIBUTES_MAX) throw this.#fault('xml-attributes', undefined, { max: ATTRIBUTES_MAX })
    })
    parser.on('opentag', (tag) => this.#open(tag))
    parser.on('closetag', (tag) => this.#close(tag))
    parser.on('text', (text) => this.#characters(text))
    parser.on('cdata', (text) => {
      this.#extra()
      this.#characters(text)
    })
    parser.on('comment', () => this.#extra())
    parser.on('processinginstruction', () => this.#extra())
  }

  #extra(): void {
    if (++this.#extras > EXTRAS_MAX) throw this.#fault('xml-elements', undefined, { max: EXTRAS_MAX })
  }

  #open(tag: SaxesTagNS): void {
    if (++this.#elements > ELEMENTS_MAX) throw this.#fault('xml-elements', undefined, { max: ELEMENTS_MAX })
    if (this.#narrative) {
      this.#openXhtml(tag, this.#narrative)
      return
    }
    if (this.#frames.length >= XML_DEPTH_MAX) throw this.#fault('xml-depth', undefined, { max: XML_DEPTH_MAX })
    const parent = this.#frames.at(-1)
    if (!parent || parent.kind === 'holder') this.#openResource(tag, parent)
    else this.#openElement(tag, parent)
  }

  #openXhtml(tag: SaxesTagNS, narrative: NarrativeReader): void {
    if (tag.uri !== XHTML_NAMESPACE) throw this.#fault('xml-namespace', tag.local)
    if (narrative.depth >= XHTML_DEPTH_MAX) throw this.#fault('xml-depth', undefined, { max: XHTML_DEPTH_MAX })
    narrative.open(tag)
  }

  #openResource(tag: SaxesTagNS, holder: Frame | undefined): void {
    if (tag.uri !== FHIR_NAMESPACE) throw this.#fault('xml-namespace', tag.local)
    const node = resourceNode(tag.local)
    if (!node || holder?.value !== undefined) throw this.#fault('xml-resource')
    this.#attributesOf(tag, undefined)
    this.#frames.push({ name: '', kind: 'resource', node, text: new ObjectText(`"resourceType":"${tag.local}"`) })
  }

  #openElement(tag: SaxesTagNS, parent: Frame): void {
    const member = parent.node && membersOf(parent.node).get(tag.local)
    if (!member || member.isAttribute) throw this.#fault(tag.uri === FHIR_NAMESPACE ? 'unknown-element' : 'xml-namespace', tag.local)
    const { info } = member
    const { element } = info
    if (tag.uri !== (info.type === 'xhtml' ? XHTML_NAMESPACE : FHIR_NAMESPACE)) throw this.#fault('xml-namespace', element.name)
    const flaw = parent.text.begin(tag.local, member)
    if (flaw) throw this.#fault(flaw, element.name)
    const at = parent.text.length
    if (at >= ITEMS_MAX) throw this.#fault('json-items', element.name, { max: ITEMS_MAX })
    if (info.type === 'xhtml') {
      this.#narrative = new NarrativeReader(this.#source, this.#parser.position)
      this.#openXhtml(tag, this.#narrative)
      return
    }
    const frame: Frame = { name: element.name, ...(element.list ? { at } : {}), ...contentOf(member), text: new ObjectText() }
    this.#frames.push(frame)
    this.#attributesOf(tag, frame, info.primitive ? info.type : undefined)
  }

  /** Attributes into the object that they are members of; those that declare namespaces are the parser's. */
  #attributesOf(tag: SaxesTagNS, frame: Frame | undefined, primitive?: string): void {
    const members = frame?.node && membersOf(frame.node)
    for (const { name, local, uri, value } of Object.values(tag.attributes)) {
      if (uri === XMLNS) continue
      const isValue = primitive !== undefined && name === 'value'
      if (!isValue && !members?.get(name)?.isAttribute) throw this.#fault('xml-attribute', `@${local}`)
      if (value === '') throw this.#fault('xml-empty', `@${local}`)
      const json = isValue ? valueToJson(primitive, value) : JSON.stringify(value)
      if (json === undefined) throw this.#fault('value-format', undefined, { rule: primitive ?? '' })
      if (frame && isValue) frame.value = json
      else frame?.text.attribute(name, json)
    }
  }

  #close(tag: SaxesTagNS): void {
    if (this.#narrative) {
      const div = this.#narrative.close(tag, this.#parser.position)
      if (div === undefined) return
      this.#narrative = undefined
      this.#frames.at(-1)?.text.add(JSON.stringify(div))
      return
    }
    const frame = this.#frames.at(-1) as Frame
    const text = frame.text.end()
    // FHIR elements are never empty; an id alone is nothing either (ele-1).
    if (frame.kind === 'complex' && text === undefined) throw this.#fault('xml-empty')
    if (frame.kind === 'primitive' && frame.value === undefined && !frame.text.hasElements) throw this.#fault('xml-empty')
    if (frame.kind === 'holder' && frame.value === undefined) throw this.#fault('xml-resource')
    this.#frames.pop()
    const parent = this.#frames.at(-1)
    if (frame.kind === 'resource') this.#closeResource(text ?? '{}', parent)
    else if (frame.kind === 'complex') parent?.text.add(text)
    else parent?.text.add(frame.value, frame.kind === 'primitive' ? text : undefined)
  }

  #closeResource(text: string, holder: Frame | undefined): void {
    if (holder) holder.value = text
    else this.result = text
  }

  #characters(text: string): void {
    if (this.#narrative) this.#narrative.text(text)
    else if (/[^ \t\r\n]/.test(text)) throw this.#fault('xml-text')
  }

  /** @param name of what is wrong inside the open element; it is the client's text, and repeated only if it could be a name of FHIR */
  #fault(code: IssueCode, name?: string, params: Record<string, string | number> = {}): OutcomeError {
    const place = pathOf(this.#frames)
    const shown = name === undefined || /^@?[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) ? name : '?'
    const expression = [place, shown].filter((part) => part !== undefined && part !== '').join('.')
    const { line, column } = this.#parser
    return new OutcomeError(code, {
      ...(expression === '' ? {} : { expression: [expression] }),
      params: { line, column, ...params },
      place: { line, column },
    })
  }
}

function contentOf({ info }: XmlMember): Pick<Frame, 'kind' | 'node'> {
  if (info.type === 'Resource') return { kind: 'holder' }
  if (info.primitive) return { kind: 'primitive', node: elementNode() }
  const node = info.content()
  return { kind: 'complex', ...(node ? { node } : {}) }
}

/** FHIRPath of the innermost open element: `Bundle.entry[0].resource.name[1]`. */
function pathOf(frames: readonly Frame[]): string {
  const [root, ...inner] = frames
  if (!root) return ''
  const steps = inner.filter(({ kind }) => kind !== 'resource').map(({ name, at }) => `${name}${at === undefined ? '' : `[${at}]`}`)
  return [root.node?.path ?? '', ...steps].join('.')
}
