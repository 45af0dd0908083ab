/** ATC (WHO Collaborating Centre for Drug Statistics Methodology): a code stands under what it begins with, of 1, 3, 4, 5 and 7 characters. */
import { checkedCode, checkedDisplay, type Format, textProperty } from '../format.ts'

export const atc: Format = {
  id: 'atc',
  url: 'http://www.whocc.no/atc',
  name: 'ATC',
  title: ['解剖学治疗学及化学分类', 'Anatomical Therapeutic Chemical Classification'],
  prefix: { root: 1 },
  columns: {
    code: ['ATC code', 'atc_code', 'ATC编码', '代码'],
    display: ['ATC level name', 'Name', 'atc_name', '名称'],
    ddd: ['DDD'],
    unit: ['U', 'uom', 'Unit'],
    route: ['Adm.R', 'adm_r', 'Adm route'],
    note: ['Note'],
  },
  required: ['code', 'display'],
  properties: ['ddd', 'unit', 'route', 'note'],
  concepts: (get) => [
    {
      code: checkedCode(get('code')),
      display: checkedDisplay(get('display')),
      properties: ['ddd', 'unit', 'route', 'note'].flatMap((name) => textProperty(name, get(name))),
    },
  ],
}
