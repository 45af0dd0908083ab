/**
 * Names as people type them, over HTTP: characters, full pinyin, initials, mixed case, polyphones, traditional and simplified, dots,
 * spaces, full width, rare characters, names of minorities (R4 search.html 3.1.1.4.8; name, family, given, phonetic).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { idsIn, putAll } from '../consent/resources.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Case {
  type?: string
  name: unknown
  /** queries that find it */
  by: string[]
  /** and some that do not */
  not?: string[]
}

const text = (name: string): object[] => [{ text: name }]
const parts = (family: string, ...given: string[]): object[] => [{ family, given }]

const CASES: Record<string, Case> = {
  plain: {
    name: text('王建国'),
    by: `王|王建|王建国|王建國|王 建国|王　建国|王·建国|建国|建國|wangjianguo|Wang Jianguo|WangJianGuo|WANG jian-guo|Wang.Jianguo|wáng|
      ｗａｎｇ|wjg|WJG|ＷＪＧ|jianguo|jg|Jianguo Wang`.split(/\|\s*/),
    not: ['国', '李', 'guo', 'wangjg', 'jianguowang1', '王国'],
  },
  apart: {
    name: parts('王', '建军'),
    by: [
      '王建军',
      'wangjianjun',
      'wjj',
      '建军',
      'jianjun',
      'Jianjun Wang',
      'family=王',
      'family=wang',
      'given=建军',
      'given=jianjun',
      'given=jj',
    ],
    not: ['军', 'family=建', 'family=wangjianjun', 'given=王', 'given=wang'],
  },
  // Surnames that are read otherwise than the character: by both readings.
  shan: {
    name: parts('单', '雄信'),
    by: ['单雄', 'shanxiongxin', 'Shan Xiongxin', 'sxx', 'danxiongxin', 'dxx', 'family=shan', 'family=dan', 'phonetic=shan'],
  },
  'shan-text': { name: text('單雄信'), by: ['单雄信', 'shanxiongxin', 'sxx', 'phonetic=shan xiong xin'] },
  zeng: { name: text('曾国藩'), by: ['zengguofan', 'zgf', 'ceng', 'cgf', '曾國'], not: ['zhenguofan'] },
  qiu: { name: parts('仇', '英'), by: ['qiuying', 'qy', 'family=qiu', 'family=chou'] },
  xie: { name: parts('解', '缙'), by: ['xiejin', 'family=xie', 'family=jie'] },
  zha: { name: parts('查', '良镛'), by: ['zhaliangyong', 'zly', 'family=zha', 'family=cha', '查良鏞'] },
  piao: { name: parts('朴', '智星'), by: ['piaozhixing', 'pzx', 'family=piao', 'family=pu'] },
  ren: { name: text('任正非'), by: ['renzhengfei', 'rzf'] },
  hua: { name: parts('华', '罗庚'), by: ['hualuogeng', 'family=hua', '華羅庚'] },
  ou: { name: parts('区', '海生'), by: ['ouhaisheng', 'ohs', 'family=ou', 'family=qu'] },
  yuchi: { name: parts('尉迟', '恭'), by: ['yuchigong', 'ycg', 'family=yuchi', '尉遲恭'] },
  moqi: { name: text('万俟咏'), by: ['moqiyong', 'mqy', '万俟', '咏'] },
  yue: { name: parts('乐', '嘉'), by: ['yuejia', 'lejia', 'yj', 'lj', 'family=yue', 'family=le', '樂嘉'] },
  qin: { name: parts('覃', '一'), by: ['qinyi', 'tanyi', 'family=qin', 'family=tan'] },
  zhai: { name: text('翟天'), by: ['zhaitian', 'ditian'] },
  chong: { name: parts('种', '师道'), by: ['chongshidao', 'csd', 'family=zhong'] },
  ge: { name: parts('盖', '叫天'), by: ['gejiaotian', 'family=ge', 'family=gai'] },
  // Brackets, which are written in full width or half, or left out.
  campus: {
    type: 'Organization',
    name: '北京协和医院（东单院区）',
    by: [
      '北京协和医院东单',
      '北京协和医院(东单',
      '北京协和医院（东单院区）',
      'beijingxiehe',
      'bjxhyy',
      'bjxhyyddyq',
      'name:contains=医院东单',
    ],
    not: ['东单', 'name:exact=北京协和医院(东单院区)'],
  },
  // Places that are read otherwise than their characters.
  shanxian: { type: 'Organization', name: '单县中心医院', by: ['shanxianzhongxin', 'sxzxyy', 'danxian'], not: ['zhongxin'] },
  yueqing: { type: 'Organization', name: '樂清市人民医院', by: ['yueqingshirenmin', 'yqsrmyy', 'leqing', '乐清'] },
  kashi: { type: 'Organization', name: '喀什地区藏医院', by: ['kashidiquzangyiyuan', 'ksdqzyy'] },
  former: { name: text('张三（曾用名：李四）'), by: ['张三', '张三(曾用名', '张三曾用名李四', 'zhangsan', 'zs'], not: ['李四'] },
  // Simplified to 干 where it means dry, and qián in names.
  'qian-given': { name: text('李乾'), by: ['李乾', 'liqian', 'Li Qian', 'lq', '乾', 'ligan'] },
  'qian-first': { name: parts('乾', '坤'), by: ['乾坤', 'qiankun', 'qk', 'family=qian', 'family=乾'] },
  ji: { name: text('祭遵'), by: ['zhaizun', 'zz', 'jizun', 'jz'] },
  juan: { name: parts('隽', '不疑'), by: ['juanbuyi', 'family=juan', 'family=jun'] },
  lv: { name: parts('吕', '布'), by: ['lvbu', 'lubu', 'lyubu', 'lübu', 'Lü Bu', 'lb', '呂布', 'family=lü'] },
  // Surnames of two characters.
  ouyang: { name: text('欧阳修'), by: ['欧阳', '歐陽修', 'ouyangxiu', 'oyx', '修'], not: ['阳修'] },
  sima: { name: parts('司马', '光'), by: ['simaguang', 'smg', 'family=sima', 'family=司馬'] },
  zhangsun: { name: text('长孙无忌'), by: ['zhangsunwuji', 'zswj', '長孫無忌', '无忌'] },
  // Two scripts of Chinese.
  trad: { name: text('張學友'), by: ['张学友', '張學友', '张學', 'zhangxueyou', 'ZXY', '学友'] },
  given2: { name: parts('张', '学', '勤'), by: ['张学勤', 'zhangxueqin', '学勤', 'xueqin', 'given=勤'] },
  simp: { name: text('叶问'), by: ['葉問', '叶問', 'yewen'] },
  // Names of minorities, whose dots are typed in many ways.
  mmt: {
    name: text('买买提·艾力'),
    by: [
      ...['·', '•', '・', '･', '‧', '⋅', '∙', '.', '．', ' ', '　', ''].map((dot) => `买买提${dot}艾力`),
      '买买提',
      '艾力',
      'maimaitiaili',
      'mmtal',
      'aili',
      '艾力·买买提',
    ],
    not: ['买提', '力'],
  },
  'mmt-apart': {
    name: parts('阿卜杜拉', '买买提'),
    by: ['阿卜杜拉·买买提', '阿卜杜拉•买买提', '买买提·阿卜杜拉', 'abudula', 'maimaiti', 'abdlmmt'],
  },
  abdula: { name: text('阿不都拉•吐尔逊'), by: ['阿不都拉·吐尔逊', '阿不都拉吐尔逊', '吐尔逊', 'tuerxun', 'abudoula'] },
  tibetan: { name: text('扎西・达娃'), by: ['扎西达娃', '扎西·達娃', 'zhaxidawa', 'zxdw', 'dawa'] },
  // Rare characters, those of four bytes in GB 18030 too.
  rare: { name: parts('\u{20bb7}', '田'), by: ['\u{20bb7}', '\u{20bb7}田', 'family=\u{20bb7}'], not: ['吉', '\u{20bb6}'] },
  yan: { name: parts('刘', '\u4dae'), by: ['刘\u4dae', 'given=\u4dae', 'liu', '劉\u4dae'] },
  plane2: { name: text('\u3447\u{2b7f9}\u{2cc56}'), by: ['\u3447', '\u3447\u{2b7f9}', '\u3447\u{2b7f9}\u{2cc56}'], not: ['\u{2b7f8}'] },
  fu: { name: text('王\u{2b5af}'), by: ['王\u{2b5af}', 'wang'], not: ['王\u{2b5ae}'] },
  // Width, accents, Latin beside Chinese.
  wide: { name: text('ＬＩＵ　Ｗｅｉ'), by: ['liu wei', 'liuwei', 'LiuWei', 'wei liu', 'wei'] },
  brien: { name: parts('O’Brien', 'Seán'), by: ["o'brien", 'o’brien', 'OBrien', 'sean', "Sean O'Brien", 'family=obrien', 'given=SEAN'] },
  mixed: { name: text('郑Mary'), by: ['郑', '郑mary', 'zhengmary', 'ZHENG Mary', 'zmary'] },
  latin: { name: parts('Zhou', 'Jie', 'Lun'), by: ['zhoujielun', 'Jielun Zhou', 'Jie Lun', 'zhou jielun', 'family=ZHOU', 'given=lun'] },
  doctor: {
    type: 'Practitioner',
    name: parts('解', '学恭'),
    by: ['xiexuegong', 'xxg', 'family=xie', 'family=解', 'given=學恭', 'given=xg', 'phonetic=xie', 'Xuegong Xie'],
  },
  'doctor-text': { type: 'Practitioner', name: text('查文斌'), by: ['zhawenbin', 'zwb', '查文', 'phonetic=zha wen', 'ＺＨＡ'] },
  hospital: {
    type: 'Organization',
    name: '重庆第3医院',
    by: ['重庆', '重慶', 'chongqing', 'chongqingdi3yiyuan', 'CQD3YY'],
    not: ['zhongqing'],
  },
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ noAuth: true })
  const resources = Object.entries(CASES).map(([id, { type = 'Patient', name }]) => ({ resourceType: type, id, name }))
  await putAll(server, '', resources)
}, 60_000)
afterAll(() => server.stop())

async function isFound(type: string, id: string, query: string): Promise<boolean> {
  const [param, value] = query.includes('=') ? query.split('=') : ['name', query]
  const answer = await server.call('GET', `/fhir/${type}?${param}=${encodeURIComponent(value ?? '')}`)
  expect([query, answer.status]).toEqual([query, 200])
  return idsIn(answer, 'match').includes(`${type}/${id}`)
}

test.each(Object.entries(CASES))('%s', async (id, { type = 'Patient', by, not = [] }) => {
  const found = (queries: string[]) => Promise.all(queries.map(async (query) => [query, await isFound(type, id, query)]))
  expect(await found(by)).toEqual(by.map((query) => [query, true]))
  expect(await found(not)).toEqual(not.map((query) => [query, false]))
})
