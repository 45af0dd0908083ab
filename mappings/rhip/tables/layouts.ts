/** The RHIP tables that are mapped, newer generation (keyed by YLJGYQDM): their columns and those that a file must have. */
import type { TableLayout } from '../../parsers/delimited.ts'

const columns = (text: string): string[] => text.split(' ')

export const PATIENT_INFORMATION: TableLayout = {
  name: 'TB_YL_PATIENT_INFORMATION',
  columns: columns(
    'YLJGYQDM KH KLX ZJHM ZJLX FKDQ XB XM HZLY HYZK CSRQ MZ GJ DHHM SJHM JZDZ HKDZ LXRXM LXRGX LXRDH YWSCSJ YYDAH GJJKKID MJ XGBZ',
  ),
  required: columns('YLJGYQDM KH KLX XGBZ'),
}

export const LIS_REPORT: TableLayout = {
  name: 'TB_LIS_REPORT',
  columns: columns(
    'YLJGYQDM BGRQ BGDH JZLSH MZZYBZ KH KLX HZXM BRXB BRNL SQYHRYID SQYHRYXM BGYHRYID BGYHRYXM SHYHRYID SHYHRYXM SQKS BQ CH BGSJ DYSJ SQSJ CJSJ JYSJ SHSJ YYSJ BGBZ BBDM BBMC BGDLBBM BGDLB WJLJ XGBZ',
  ),
  required: columns('YLJGYQDM BGRQ BGDH KH KLX XGBZ'),
}

export const LIS_INDICATORS: TableLayout = {
  name: 'TB_LIS_INDICATORS',
  columns: columns(
    'YLJGYQDM JYZBLSH BGDH BGRQ SHSJ MXXMBM MXXMBMYB MXXMMC JYZBDM JYFF JYZBMC JYZBJG SBBM YQBH YQMC CKZ JLDW YCTS DYXH JCYHRYID JCYHRYXM SHYHRYID SHYHRYXM YZID XGBZ',
  ),
  required: columns('YLJGYQDM JYZBLSH BGDH JYZBMC JYZBJG XGBZ'),
}

export const LAYOUTS: readonly TableLayout[] = [PATIENT_INFORMATION, LIS_REPORT, LIS_INDICATORS]
