/** Names as they are spread in China: surnames by their share, given names by sex and time, and what people write for them by ear. */
import type { Random } from '../faults/support/random.ts'

/** per mille of the population, of the most frequent (Ministry of Public Security, rounded); the rest is spread over rare ones */
const SURNAMES: readonly (readonly [string, number])[] = (
  '王74 李79 张71 刘54 陈45 杨31 赵23 黄22 周21 吴20 徐17 孙15 胡13 朱13 高12 林12 何12 郭12 马11 罗9 梁9 宋8 郑8 谢7 韩7 唐7 冯6 于6 董6 萧6 程6 曹6 袁5 邓5 许5 傅5 沈5 ' +
  '曾5 彭5 吕5 苏5 卢5 蒋5 蔡5 贾4 丁4 魏4 薛4 叶4 阎4 余4 潘4 杜4 戴4 夏4 钟4 汪4 田4 任4 姜4 范4 方4 石4 姚4 谭4 廖4 邹4 熊3 金3 陆3 郝3 孔3 白3 崔3 康3 毛3 邱3 秦3 江3 史3 顾3 ' +
  '侯3 邵3 孟3 龙3 万3 段3 雷3 钱3 汤3 尹3 黎3 易3 常3 武3 乔3 贺3 赖2 龚2 文2 庞2 樊2 兰2 殷2 施2 陶2 洪2 翟2 安2 颜2 倪2 严2 牛2 温2 芦2 季2 俞2 章2 鲁2 葛2 伍2 韦2 申2 尤2 毕2 聂2 ' +
  '丛1 焦1 向1 柳1 邢1 路1 岳1 齐1 梅1 莫1 庄1 辛1 管1 祝1 左1 涂1 谷1 祁1 时1 舒1 耿1 牟1 卜1 欧阳1 上官1 司马1 诸葛1 单1 仇1 解1'
)
  .split(' ')
  .map((one) => [one.replace(/\d+$/, ''), Number(/\d+$/.exec(one)?.[0])] as const)

const GIVEN = {
  male: '伟强军磊洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林志建国文海永庆德荣春生金祥福东亮峰雷锋毅博睿轩昊然泽晨阳',
  female: '芳娜敏静丽艳娟霞秀兰桂英玉珍梅红玲燕雪琳莉颖倩婷莹萍洁欣怡佳雨涵梦诗思琪雅慧晓淑华云凤香月丹蕾璐瑶彤妍悦宁晨',
} as const

/** Characters that sound the same and are written for each other. */
const BY_EAR = (
  '伟玮炜 军君钧 洋阳扬 杰洁捷 涛滔 明铭鸣 辉晖徽 鹏朋 华桦骅 飞菲 鑫欣馨 斌彬宾 宇雨语 浩皓昊 凯恺 健建剑 俊峻骏 志智芝 文雯 永勇 德得 荣蓉容 金锦今 祥翔 福富 芳方 静婧靖 丽莉立 艳燕彦 兰岚 桂贵 ' +
  '英莹瑛 玉育 珍贞真 梅玫 红虹宏 玲灵铃 琳林霖 萍平 怡宜 佳嘉家 涵晗 思丝 琪奇 慧惠 晓小筱 东冬 亮靓 峰锋枫 晨辰 轩萱 悦月玥 云芸 瑶遥 王汪 张章 余于俞 江姜 肖萧 阎颜严 付傅 邱丘 程成 石时史 许徐'
).split(' ')

const MINORITY = [
  '阿依古丽·买买提',
  '阿不都热合曼·吐尔逊',
  '古丽娜尔·艾力',
  '买买提·依明',
  '努尔兰·叶尔江',
  '扎西·多吉',
  '卓玛·央金',
  '乌云其木格',
  '巴特尔',
  '格日勒图',
]

/** The first ones far more often than the last. */
const oftener = <T>(random: Random, list: readonly T[]): T => list[Math.floor(list.length * random.next() ** 1.7)] as T

export function surnameOf(random: Random): string {
  let at = random.next() * SURNAMES.reduce((sum, [, share]) => sum + share, 0)
  for (const [name, share] of SURNAMES) {
    at -= share
    if (at < 0) return name
  }
  return '王'
}

/** One character was the fashion of the seventies and eighties. */
export function givenOf(random: Random, sex: 'male' | 'female', birthYear: number): string {
  const characters = [...GIVEN[sex]]
  const single = birthYear >= 1970 && birthYear < 1995 ? 0.35 : 0.1
  const first = oftener(random, characters)
  return random.next() < single ? first : first + oftener(random, characters)
}

export const minorityName = (random: Random): string => random.pick(MINORITY)

/** Another name that sounds the same; the name itself where nothing is written for it. */
export function byEar(random: Random, name: string): string {
  const at = [...name].flatMap((character, place) => (BY_EAR.some((group) => group.includes(character)) ? [place] : []))
  if (at.length === 0) return name
  const place = random.pick(at)
  const characters = [...name]
  const groups = BY_EAR.filter((group) => group.includes(characters[place] as string))
  const others = [...random.pick(groups)].filter((character) => character !== characters[place])
  characters[place] = random.pick(others)
  return characters.join('')
}

/** One character of the given name is another one. */
export function misread(random: Random, name: string, sex: 'male' | 'female'): string {
  const characters = [...name]
  if (characters.length < 2) return name
  characters[characters.length - 1] = random.pick([...GIVEN[sex]])
  return characters.join('')
}
