/** Every limit of links by likeness, with its unit in its name. */
export const LIKELY_BOUNDS = {
  /** records that share any key with one */
  candidatesMax: 300,
  /** records of one key, where there are more of all */
  ofOneKeyMax: 50,
  /** bits by which the likeliest of persons that cannot all be it has to be ahead */
  marginBits: 6,
  /** pairs of one record of which a clerk is asked: the likeliest */
  asksMax: 5,
  /** steps of one comparison: each link that it makes is looked at anew */
  stepsMax: 20,
} as const
