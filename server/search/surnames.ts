/**
 * Readings of surnames that usage has beside those of pinyin-pro's own table: families and regions differ (覃 Qín and Tán,
 * 翟 Zhái and Dí), and a clerk does not know which. All of them find the name.
 */
const READINGS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map(
  Object.entries({
    万俟: 'mo-qi',
    单于: 'chan-yu',
    尉迟: 'yu-chi',
    长孙: 'zhang-sun',
    澹台: 'tan-tai',
    么: 'yao',
    乐: 'yue le',
    仇: 'qiu chou',
    任: 'ren',
    佴: 'nai',
    俞: 'yu shu',
    冼: 'xian',
    冒: 'mao mo',
    区: 'ou qu',
    华: 'hua',
    单: 'shan',
    卜: 'bu',
    召: 'shao zhao',
    员: 'yun yuan',
    宓: 'mi fu',
    宿: 'su xiu',
    尉: 'wei yu',
    应: 'ying',
    强: 'qiang jiang',
    折: 'she zhe',
    朴: 'piao pu',
    查: 'zha cha',
    柏: 'bai bo',
    洗: 'xian',
    牟: 'mu mou',
    盖: 'ge gai',
    眭: 'sui',
    种: 'chong zhong',
    祭: 'zhai',
    秘: 'bi mi',
    繁: 'po fan',
    纪: 'ji',
    缪: 'miao mou',
    翟: 'zhai di',
    莘: 'shen xin',
    葛: 'ge',
    蔚: 'wei yu',
    薄: 'bo',
    覃: 'qin tan',
    解: 'xie',
    訾: 'zi',
    谌: 'chen shen',
    费: 'fei bi',
    郇: 'xun huan',
    郗: 'xi chi',
    长: 'chang zhang',
    阚: 'kan',
    隗: 'wei kui',
    隽: 'juan',
    黑: 'hei he',
  }).map(([surname, readings]) => [surname, readings.split(' ').map((reading) => reading.split('-'))]),
)

/** The surname at the head of a name, and its readings by syllables; undefined for one that has no other than the ordinary. */
export function surnameReadings(name: string): { length: number; readings: readonly (readonly string[])[] } | undefined {
  for (const length of [2, 1]) {
    const readings = READINGS.get(name.slice(0, length))
    if (readings) return { length, readings }
  }
  return undefined
}

const COMPOUND: ReadonlySet<string> = new Set(
  `欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 司空 夏侯 长孙 宇文 轩辕 端木 百里 呼延 南宫 东郭 澹台 公冶 宗政 濮阳 淳于 单于 太叔
  申屠 仲孙 钟离 鲜于 闾丘 赫连 独孤 万俟 闻人 拓跋 完颜 纳兰 西门 第五 左丘 梁丘 谷梁 漆雕 乐正 公良 巫马 公西 颛孙 段干 东门 南门 羊舌 微生`.split(
    /\s+/,
  ),
)

/** Characters of the longest Chinese name that has a surname of one or two and a given name of one or two. */
const NAME_MAX = 4

/** What stands behind the surname of a Chinese name of two to four characters; empty for any other. */
export function givenNameIn(name: string): string {
  const characters = Array.from(name)
  if (characters.length > NAME_MAX) return ''
  return characters.slice(COMPOUND.has(name.slice(0, 2)) ? 2 : 1).join('')
}
