/** The dashboards of the source under its own names, and `Asia` for what its nine leave out. What each covers: docs/zones.md. */
export const ZONES = [
  'NorthAmerica', 'SouthAmerica', 'Oceania', 'Mediterranean', 'North', 'UK', 'NorthEurope', 'CentroEurope', 'Africa', 'Asia',
] as const;
export type Zone = (typeof ZONES)[number];

/**
 * The geohash prefixes of each zone, of one to three characters: the longest that matches wins, and each of
 * the 32 single characters is in one of them, so that no point on Earth is left out.
 *
 * The source does not print its own. These are the fewest that put all but 0.3 % of the people of the
 * world's 135,000 larger places in the zone of their country; a cell across a border goes to the side
 * with more of them. Source: mission, "Customers".
 */
export const ZONE_PREFIXES: Readonly<Record<Zone, readonly string[]>> = {
  NorthAmerica: prefixes(`
    8 9 d b3 b6 b7 b9 bd be bf bg c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 cb cc cd ce cf cg f0 f1 f2 f3 f4 f6 f7 f8 f9 fb
    fc`),
  SouthAmerica: prefixes('1 3 4 5 6 75 7h 7j 7n 7p 7q 7r 9b d0 d2 d3 d6 d8 d9 db dc e0'),
  Oceania: prefixes('0 2 n p q r x 35 3h 82 83 88 wcr'),
  Mediterranean: prefixes(`
    eq er et ew ex ey ez sp sq sr sw sx sz esu esv snb snc sny sy0 sy2 sy8 sy9 syb syc syd sye syf syg sys syt
    syu syv syy u0j u0n u0p u20 u21 u24 u25`),
  North: prefixes('b c f g u v y z uez'),
  UK: prefixes('g9 gc gf gbu gbv u10 u12 u13'),
  NorthEurope: prefixes('gg u4 u5 u6 u7 ud ue u1y u1z u3b u3c u3f u3w u3y u3z u99 u9b u9c u9f'),
  CentroEurope: prefixes(`
    gb u0 u1 u2 u3 u8 u9 ub uc uf v1 v4 ezx ezz sp8 sp9 spb spc sry srz sx3 sx8 sx9 sxb sxc sxd sxe sxf sxg sxu
    sxz szb szf szg szu szv szy szz tpb tpc udh udj udk udm udq udr v01 v04 v08 v0b v30 v31 v33 v39 v3b v3c v60
    v61 v62 v63 v68`),
  Africa: prefixes('7 e h j k m s t0 t1 ey4 ey5 ey7 eyh eyj eym eyn eyp eyr sg0 sg6 sub t44'),
  Asia: prefixes(`
    t w mx qp qq qr qw qx qy qz rp sg su sv sy v0 v2 v3 v6 v8 v9 vb vc vd vf xh xj xn xp xr y0 y1 y2 y3 y4 y6 y8
    y9 yb yc yd yf z0 z1 z2 z3 z4 z6 z9 zd sfr sfw sfx sfy sfz szm szp szq szr szs szt szw szx v1h`),
};

function prefixes(words: string): readonly string[] {
  return words.trim().split(/\s+/);
}

const zoneByPrefix = new Map(ZONES.flatMap((zone) => ZONE_PREFIXES[zone].map((prefix) => [prefix, zone] as const)));

/** The zone of a geohash of any length from 1 on. Thrown: an error naming the text when it is no geohash. */
export function zoneOf(geohash: string): Zone {
  const zone =
    zoneByPrefix.get(geohash.slice(0, 3)) ?? zoneByPrefix.get(geohash.slice(0, 2)) ?? zoneByPrefix.get(geohash.slice(0, 1));
  if (zone === undefined) throw new Error(`${JSON.stringify(geohash)} is not a geohash: expected characters 0-9 and b-z without i, l, o`);
  return zone;
}
