/**
 * Text queries of `_text` and `_content` (R4 search.html 3.1.1.4.2, which leaves their grammar to the server and shows
 * `(bone OR liver) and metastases`): words, all of which are there; `OR`, `AND`, `NOT` or `-`, parentheses; lists as
 * alternatives. Words that are written without a space between them stand side by side in the text.
 */
import { unescapeValue } from '../escape.ts'
import { foldText } from '../fold.ts'
import { TEXT_DEPTH_MAX, TEXT_TERMS_MAX } from '../limits.ts'
import { allOf, anyOf, type PlanNode } from '../plan.ts'
import { joined, runsOf } from '../text/words.ts'
import { paramError } from './names.ts'
import { orValues, shownModifier } from './values.ts'

/** `places`: where the words stand. @throws OutcomeError text-query | modifier-unsupported */
export function planText(name: string, places: readonly string[], modifier: string | undefined, value: string): PlanNode {
  if (modifier !== undefined) throw paramError('modifier-unsupported', name, { modifier: shownModifier(modifier) })
  const parser = new TextQuery(name, places)
  return anyOf(orValues(name, value).map((one) => parser.parse(unescapeValue(one))))
}

interface Piece {
  text: string
  /** character of the query, from 1 */
  at: number
}

const PIECE = /[()"]|-(?=\S)|[^\s()"]+/g
const OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'not'])

class TextQuery {
  readonly #name: string
  readonly #places: readonly string[]
  #pieces: Piece[] = []
  #next = 0
  #length = 0
  #terms = 0

  constructor(name: string, places: readonly string[]) {
    this.#name = name
    this.#places = places
  }

  parse(query: string): PlanNode {
    // Full-width parentheses and quotes are those of a Chinese keyboard.
    const text = query.replace(/[（）＂“”－]/g, (c) => ({ '（': '(', '）': ')', '－': '-' })[c] ?? '"')
    this.#pieces = piecesOf(text)
    this.#next = 0
    this.#length = text.length
    const node = this.#anyOf(0)
    return this.#next < this.#pieces.length ? this.#refuse() : node
  }

  #anyOf(depth: number): PlanNode {
    if (depth > TEXT_DEPTH_MAX) this.#refuse()
    const nodes = [this.#allOf(depth)]
    while (this.#take('or')) nodes.push(this.#allOf(depth))
    return anyOf(nodes)
  }

  #allOf(depth: number): PlanNode {
    const nodes = [this.#one(depth)]
    for (;;) {
      const piece = this.#pieces[this.#next]
      if (!this.#take('and') && (piece === undefined || piece.text === ')' || operatorOf(piece) === 'or')) break
      nodes.push(this.#one(depth))
    }
    return allOf(nodes.flatMap((node) => (node.kind === 'and' ? node.nodes : [node])))
  }

  #one(depth: number): PlanNode {
    if (this.#take('not') || this.#takeHyphen()) {
      if (depth > TEXT_DEPTH_MAX) this.#refuse()
      return { kind: 'not', node: this.#one(depth + 1) }
    }
    if (this.#take('(')) {
      const inner = this.#anyOf(depth + 1)
      return this.#take(')') ? inner : this.#refuse()
    }
    const piece = this.#pieces[this.#next]
    const runs = piece && !operatorOf(piece) ? runsOf(piece.text) : []
    if (runs.length === 0) this.#refuse()
    this.#next++
    return allOf(runs.flatMap((words) => this.#run(words)))
  }

  /** Words side by side: two by two, as they are indexed. */
  #run(words: readonly string[]): PlanNode[] {
    const wanted = words.length === 1 ? words : words.slice(1).map((word, at) => joined(words[at] ?? '', word))
    this.#terms += wanted.length
    if (this.#terms > TEXT_TERMS_MAX) throw paramError('parameter-values', this.#name, { max: String(TEXT_TERMS_MAX) })
    return wanted.map((word) => ({ kind: 'words', words: this.#places.map((place) => place + word) }))
  }

  /** In front of what it denies, and not by itself. */
  #takeHyphen(): boolean {
    const [hyphen, denied] = this.#pieces.slice(this.#next, this.#next + 2)
    if (hyphen?.text !== '-') return false
    return denied?.at === hyphen.at + 1 ? this.#take('-') : this.#refuse()
  }

  #take(what: string): boolean {
    const piece = this.#pieces[this.#next]
    if (piece === undefined || (piece.text !== what && operatorOf(piece) !== what)) return false
    this.#next++
    return true
  }

  #refuse(): never {
    const at = this.#pieces[this.#next]?.at ?? this.#length + 1
    throw paramError('text-query', this.#name, { at: String(at) })
  }
}

const operatorOf = ({ text }: Piece): string | undefined => {
  const folded = foldText(text)
  return OPERATORS.has(folded) ? folded : undefined
}

/** A hyphen is a sign of its own only where nothing stands before it: `COVID-19` is one word. */
function piecesOf(text: string): Piece[] {
  return [...text.matchAll(PIECE)].map(({ 0: piece, index }) => ({ text: piece, at: index + 1 }))
}
