/** Nearness on the earth as a filter: a box in degrees first, and the great circle (haversine) of what is in it. */
import type { Document } from 'mongodb'
import type { PlanNode } from '../search/plan.ts'
import { pathName } from './path-name.ts'

export function nearFilter({ param, latitude, longitude, angle }: Extract<PlanNode, { kind: 'near' }>): Document {
  const place = `nums.${pathName(param)}`
  const numbers = [latitude, longitude, angle]
  if (!numbers.every(Number.isFinite)) throw new TypeError('a place is given by numbers')
  const inBox = { [place]: { $elemMatch: boxOf(latitude, longitude, (angle * 180) / Math.PI) } }
  // Farther than half around the earth is nothing.
  if (angle >= Math.PI) return inBox
  return { $and: [inBox, { $expr: { $lte: [haversine(`$${place}`, latitude, longitude), Math.sin(angle / 2) ** 2 + ROUNDING] } }] }
}

/** A nanometre or so: who stands at the very place asked for is at the distance 0. */
const ROUNDING = 1e-30
/** Degrees by which the box is wider than what it must hold. */
const MARGIN = 1e-6

/** Latitudes always; longitudes where neither a pole nor the date line is in reach. */
function boxOf(latitude: number, longitude: number, degrees: number): Document {
  const [south, north] = [latitude - degrees - MARGIN, latitude + degrees + MARGIN]
  const lo = { $gte: south, $lte: north }
  if (south <= -90 || north >= 90) return { lo }
  const width = (Math.asin(Math.min(1, Math.sin(radians(degrees)) / Math.cos(radians(latitude)))) * 180) / Math.PI + MARGIN
  const [west, east] = [longitude - width, longitude + width]
  return west < -180 || east > 180 ? { lo } : { lo, v: { $gte: west, $lte: east } }
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180

function haversine(place: string, latitude: number, longitude: number): Document {
  const first = { $arrayElemAt: [place, 0] }
  const half = (from: string, to: number): Document => ({
    $pow: [{ $sin: { $divide: [{ $degreesToRadians: { $subtract: [from, to] } }, 2] } }, 2],
  })
  const across = { $multiply: [{ $cos: { $degreesToRadians: '$$place.lo' } }, Math.cos(radians(latitude)), half('$$place.v', longitude)] }
  return { $let: { vars: { place: first }, in: { $add: [half('$$place.lo', latitude), across] } } }
}
