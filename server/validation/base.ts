/** What validation knows of base R4, the same for every validator of a process. */
import { addCodes, type CodeSet, codeSet } from './bindings.ts'
import { type CodesData, loadCodes, loadStructures, type StructuresData } from './definitions.ts'
import { createEvaluator, type Evaluator } from './fhirpath/evaluator.ts'
import { createStructureCheck, type StructureCheck } from './structure.ts'
import { createTypeTree, type TypeTree } from './type-tree.ts'

export interface Base {
  structures: StructuresData
  tree: TypeTree
  evaluator: Evaluator
  checkStructure: StructureCheck
  /** codes of a required binding; undefined when R4 does not list them */
  bindings(url: string): CodeSet | undefined
}

let loaded: Base | undefined

/** Reads the definitions once; what is compiled from them is kept for all validators. */
export function loadBase(): Base {
  if (loaded) return loaded
  const structures = loadStructures()
  const tree = createTypeTree(structures)
  loaded = {
    structures,
    tree,
    evaluator: createEvaluator(structures),
    checkStructure: createStructureCheck(structures, tree),
    bindings: createBindings(loadCodes()),
  }
  return loaded
}

/** Value sets of the required bindings of R4. */
function createBindings(data: CodesData): (url: string) => CodeSet | undefined {
  const sets = new Map<string, CodeSet>()
  return (url) => {
    const codes = data[url]
    if (!codes) return undefined
    const known = sets.get(url) ?? codeSet(url)
    if (!sets.has(url)) for (const [system, list] of Object.entries(codes)) addCodes(known, system, list)
    sets.set(url, known)
    return known
  }
}
