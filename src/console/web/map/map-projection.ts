import { geoCentroid, geoNaturalEarth1, type GeoProjection } from 'd3-geo';
import ngeohash from 'ngeohash';
import type { MapCell } from '../api.js';

/** Without the Antarctic and the emptiest north, so that what is inhabited gets the room. */
const INHABITED: GeoJSON.MultiPoint = { type: 'MultiPoint', coordinates: [[-179.9, 0], [179.9, 0], [0, 79], [0, -56]] };

const MARGIN_PX = 10;

/** South, west, north and east of a geohash cell, degrees. */
export function boundsOf(geohash: string): readonly [number, number, number, number] {
  const [south, west, north, east] = ngeohash.decode_bbox(geohash);
  return [south, west, north, east];
}

/** The middle of a geohash cell as longitude and latitude. */
export function middleOf(geohash: string): [number, number] {
  const [south, west, north, east] = boundsOf(geohash);
  return [(west + east) / 2, (south + north) / 2];
}

/** The world, or what the cells of a zone cover. */
export function projectionFor(width: number, height: number, zoneCells: readonly MapCell[] | null): GeoProjection {
  const extent: [[number, number], [number, number]] = [[MARGIN_PX, MARGIN_PX], [width - MARGIN_PX, height - MARGIN_PX]];
  if (zoneCells === null || zoneCells.length === 0) return geoNaturalEarth1().fitExtent(extent, INHABITED);
  const corners: GeoJSON.MultiPoint = {
    type: 'MultiPoint',
    coordinates: zoneCells.flatMap(({ geohash }) => {
      const [south, west, north, east] = boundsOf(geohash);
      return [[west, south], [west, north], [east, south], [east, north]];
    }),
  };
  // Turned so that the zone lies in the middle: Oceania crosses the 180th meridian.
  const [longitude] = geoCentroid(corners);
  return geoNaturalEarth1().rotate([-longitude, 0]).fitExtent(extent, corners);
}
