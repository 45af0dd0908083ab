/** Bounds of a search request and of the keys made from a resource. */

/** Parameters of one request, repeats counted. */
export const PARAMETERS_MAX = 64
/** Values of one parameter, separated by commas. */
export const OR_VALUES_MAX = 256
/** Values of all parameters together. */
export const ALL_VALUES_MAX = 2048
/** Characters of one parameter's value, all its comma-separated values together. */
export const VALUE_LENGTH_MAX = 20_000
/** Characters of one single value. */
export const SINGLE_VALUE_LENGTH_MAX = 2_000
/** Characters of a parameter's name with modifier and all its links. */
export const NAME_LENGTH_MAX = 512
/** References that a chained parameter follows. */
export const HOPS_MAX = 10
/** Resource types that the chained parameters of one request ask, all their ways together. */
export const LINKS_MAX = 300
/** Comparisons of one `_filter`. */
export const FILTER_TESTS_MAX = 100
/** Parentheses and brackets of a `_filter` inside each other. */
export const FILTER_DEPTH_MAX = 20
/** Terms of `_sort`. */
export const SORT_TERMS_MAX = 5
/** Terms of `_include` and `_revinclude` after wildcards are written out. */
export const INCLUDE_TERMS_MAX = 64
/** Characters of a folded string key; what comes behind is found by `:contains` alone (keys.ts, piecesOf), and a longer search value is refused. */
export const STRING_KEY_MAX = 256
/** Characters of a token, reference, uri or exact key; longer ones are stored as their beginning and a digest. */
export const EXACT_KEY_MAX = 400
/** Characters of a uri, or of a code with its system, of which beginnings are searched (`:below`): so many stand in every key. */
export const PREFIX_LENGTH_MAX = EXACT_KEY_MAX - 80
/** Codes of a value set by which is searched. */
export const VALUE_SET_CODES_MAX = 10_000
/** Keys of one resource; a resource with more is refused rather than half indexed. */
export const KEYS_MAX = 20_000
/** Codings of one resource in places that no parameter looks into, each with a key of its own; of more it is only known that there are some. */
export const CODING_KEYS_MAX = 200
/** Characters of a name that are looked at: no more than some of them stand in a key. */
export const NAME_TEXT_MAX = 1_000
/** Parts of a name, between spaces and dots, from each of which on it is found. */
export const NAME_PARTS_MAX = 6
/** Han characters of a name of which pinyin is made. */
export const PINYIN_CHARACTERS_MAX = 30
/** Names whose pinyin is kept in memory. */
export const PINYIN_CACHE_MAX = 20_000
/** Strings whose folded form is kept in memory. */
export const FOLD_CACHE_MAX = 50_000
/** Words of one resource by which its text is found, those of the narrative first; what comes behind them is not found by. */
export const TEXT_KEYS_MAX = 5_000
/** Characters of one resource that are looked through for words, and of one string that `:contains` finds. */
export const TEXT_LENGTH_MAX = 100_000
/** Characters of a narrative, its markup counted, that are read. */
export const NARRATIVE_LENGTH_MAX = 500_000
/** Characters of a word; longer ones are none (hashes, base64). */
export const WORD_LENGTH_MAX = 64
/** Words of one text query, and how deep its parentheses may stand in each other. */
export const TEXT_TERMS_MAX = 50
export const TEXT_DEPTH_MAX = 10
/** Stretches of Chinese whose words are kept in memory, and how long those may be. */
export const SEGMENT_CACHE_MAX = 50_000
export const SEGMENT_CACHED_LENGTH_MAX = 24
/** Search parameters of operators that are in force, and characters of one's expression. */
export const CUSTOM_PARAMETERS_MAX = 200
export const CUSTOM_EXPRESSION_MAX = 2_000
