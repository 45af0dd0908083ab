/** Catalogues of the medical insurance (国家医保编码): drugs, services, materials, as its download pages export them. */
import type { Property } from '../../terminology-service/code-system.ts'
import { checkedCode, checkedDisplay, type Format, textProperty } from '../format.ts'

type Columns = Readonly<Record<string, readonly string[]>>

const BASE = 'https://fhir-cn.example/CodeSystem'

/** A code, a name, and columns that become properties of their names. */
function catalogue(of: Pick<Format, 'id' | 'url' | 'name' | 'title' | 'prefix'>, own: Columns, columns: Columns): Format {
  const properties = Object.keys(columns)
  return {
    ...of,
    columns: { ...own, ...columns },
    required: ['code', 'display'],
    properties,
    concepts: (get) => {
      const values: Property[] = properties.flatMap((property) => textProperty(property, get(property)))
      const synonym = get('synonym')
      return [
        {
          code: checkedCode(get('code')),
          display: checkedDisplay(get('display')),
          ...(synonym === undefined ? {} : { designations: [{ language: 'zh-CN', value: synonym }] }),
          properties: values,
        },
      ]
    },
  }
}

export const insuranceDrugs: Format = catalogue(
  { id: 'insurance-drugs', url: `${BASE}/nhsa-drug`, name: 'NhsaDrug', title: ['医保药品分类与代码', 'Drugs of the medical insurance'] },
  { code: ['药品代码', '医保药品编码', '药品编码'], display: ['注册名称', '药品名称'], synonym: ['商品名称', '商品名'] },
  {
    form: ['注册剂型', '剂型'],
    strength: ['注册规格', '规格'],
    packaging: ['包装材质'],
    packSize: ['最小包装数量'],
    packUnit: ['最小包装单位'],
    unit: ['最小制剂单位'],
    maker: ['药品企业', '生产企业'],
    approval: ['批准文号'],
    standardCode: ['药品本位码'],
    level: ['甲乙类'],
  },
)

export const insuranceServices: Format = catalogue(
  {
    id: 'insurance-services',
    url: `${BASE}/nhsa-service`,
    name: 'NhsaService',
    title: ['医疗服务项目分类与代码', 'Services of the medical insurance'],
  },
  { code: ['国家项目代码', '医疗服务项目代码', '项目代码', '编码'], display: ['国家项目名称', '医疗服务项目名称', '项目名称'] },
  { content: ['项目内涵'], without: ['除外内容'], unit: ['计价单位'], note: ['说明', '项目说明'] },
)

export const insuranceMaterials: Format = catalogue(
  {
    id: 'insurance-materials',
    url: `${BASE}/nhsa-material`,
    name: 'NhsaMaterial',
    title: ['医保医用耗材分类与代码', 'Materials of the medical insurance'],
  },
  {
    code: ['耗材代码', '医用耗材代码', '医保耗材编码'],
    display: ['医保通用名', '耗材名称', '单件产品名称'],
    synonym: ['注册备案产品名称'],
  },
  {
    first: ['一级分类（学科、品类）', '一级分类'],
    second: ['二级分类（用途、品目）', '二级分类'],
    third: ['三级分类（部位、功能、品种）', '三级分类'],
    stuff: ['耗材材质', '材质'],
    strength: ['规格', '特征、参数'],
    maker: ['耗材企业', '生产企业'],
    approval: ['注册备案号'],
  },
)
