/**
 * Readings of places that pinyin-pro reads otherwise, by which their hospitals are looked for: 单县 is Shàn Xiàn, 喀什 Kāshí. In names
 * of people the same characters may be read as usual, so that both readings find a name.
 */
const READINGS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    乐亭: 'lao-ting',
    乐清: 'yue-qing',
    于都: 'yu-du',
    什邡: 'shi-fang',
    会稽: 'kuai-ji',
    六合: 'lu-he',
    单县: 'shan-xian',
    单城: 'shan-cheng',
    喀什: 'ka-shi',
    大埔: 'da-bu',
    宕昌: 'tan-chang',
    尉犁: 'yu-li',
    曾都: 'zeng-du',
    歙县: 'she-xian',
    泌阳: 'bi-yang',
    洪洞: 'hong-tong',
    浒墅关: 'xu-shu-guan',
    浚县: 'xun-xian',
    涡阳: 'guo-yang',
    牟定: 'mou-ding',
    珲春: 'hun-chun',
    穆棱: 'mu-ling',
    筠连: 'jun-lian',
    繁峙: 'fan-shi',
    蔚县: 'yu-xian',
    藏医: 'zang-yi',
    解州: 'hai-zhou',
    郫都: 'pi-du',
    都匀: 'du-yun',
    黄陂: 'huang-pi',
  }).map(([place, reading]) => [place, reading.split('-')]),
)

/** Each that stands in a text: behind how many characters, and its syllables. */
export function placesIn(text: string): { at: number; syllables: readonly string[] }[] {
  const found: { at: number; syllables: readonly string[] }[] = []
  for (const [place, syllables] of READINGS) {
    const at = text.indexOf(place)
    if (at >= 0) found.push({ at: Array.from(text.slice(0, at)).length, syllables })
  }
  return found
}
