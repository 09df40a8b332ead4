import { Readable } from 'node:stream';
import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ALARM_TYPES, type AlarmType } from '../alarm-domain/reading.js';
import { Allow } from './access.decorator.js';
import { BYTE_ORDER_MARK, csvLine } from './csv.js';
import { CountAlarms, type CountsAnswer } from './queries/count-alarms.query.js';
import { ExportAlarms } from './queries/export-alarms.query.js';
import { ExportEvents, type ExportedEvent } from './queries/export-events.query.js';
import { alarmExportQuery, countsQuery, eventExportQuery, type AlarmExportQuery, type CountsQuery, type EventExportQuery } from './request-schemas.js';

const JSON_LINES = { status: 200, content: { 'application/x-ndjson': { schema: { type: 'string' as const } } } };
const CSV = { status: 200, content: { 'text/csv': { schema: { type: 'string' as const } } } };

/** Lists to be taken away; no text in them is a formula to a spreadsheet. */
@ApiTags('exports')
@Controller('api/export')
export class ExportsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('alarms.csv')
  @Allow('auditor')
  @ApiOperation({ summary: 'All alarms that a filter takes, with the names of their customers, as CSV' })
  @ApiResponse(CSV)
  async alarms(@Query({ schema: alarmExportQuery }) filter: AlarmExportQuery): Promise<StreamableFile> {
    const lines = await this.queries.execute<ExportAlarms, AsyncGenerator<string>>(new ExportAlarms(filter));
    return csvFile('vigia-alarms.csv', await begun(lines));
  }

  @Get('counts.csv')
  @Allow('auditor')
  @ApiOperation({ summary: 'Alarms per minute, or a longer step, by type, as CSV; steps without any are left out' })
  @ApiResponse(CSV)
  async counts(@Query({ schema: countsQuery }) query: CountsQuery): Promise<StreamableFile> {
    const { items } = await this.queries.execute<CountAlarms, CountsAnswer>(new CountAlarms(query));
    const rows = new Map<string, Record<AlarmType, number>>();
    for (const { minute, type, count } of items) rows.set(minute, { ...(rows.get(minute) ?? { motion: 0, smoke: 0, temperature: 0 }), [type]: count });
    const types = query.type ?? ALARM_TYPES;
    const lines = [...rows].map(([minute, byType]) => {
      const counts = types.map((type) => byType[type]);
      return csvLine([minute, ...counts, counts.reduce((sum, count) => sum + count, 0)]);
    });
    return csvFile('vigia-counts.csv', Readable.from([BYTE_ORDER_MARK + csvLine(['from', ...types, 'total']), ...lines]));
  }

  @Get('events.jsonl')
  @Allow('auditor')
  @ApiOperation({ summary: 'The events about sensors that were recorded in a range, as they are, one in a line' })
  @ApiResponse(JSON_LINES)
  async eventLines(@Query({ schema: eventExportQuery }) query: EventExportQuery): Promise<StreamableFile> {
    const lines = mapped(await this.events(query), (event) => `${JSON.stringify(event)}\n`);
    return file('vigia-events.jsonl', 'application/x-ndjson', await begun(lines));
  }

  @Get('events.csv')
  @Allow('auditor')
  @ApiOperation({ summary: 'The events about sensors that were recorded in a range, as CSV' })
  @ApiResponse(CSV)
  async eventTable(@Query({ schema: eventExportQuery }) query: EventExportQuery): Promise<StreamableFile> {
    const lines = mapped(await this.events(query), eventLine, BYTE_ORDER_MARK + csvLine(EVENT_HEAD));
    return csvFile('vigia-events.csv', await begun(lines));
  }

  private events(query: EventExportQuery): Promise<AsyncGenerator<ExportedEvent>> {
    return this.queries.execute<ExportEvents, AsyncGenerator<ExportedEvent>>(new ExportEvents(query));
  }
}

const EVENT_HEAD = ['position', 'recordedAt', 'sensorId', 'revision', 'type', 'alarmId', 'alarmType', 'by', 'eventId', 'data', 'metadata'];

function eventLine({ position, revision, id, type, data, metadata }: ExportedEvent): string {
  const { sensorId, alarmId, alarmType, by } = data as { sensorId: number; alarmId?: string; alarmType?: string; by?: string | null };
  const { recordedAt } = metadata as { recordedAt: string };
  return csvLine([position, recordedAt, sensorId, revision, type, alarmId ?? null, alarmType ?? null, by ?? null, id, JSON.stringify(data), JSON.stringify(metadata)]);
}

async function* mapped<T>(items: AsyncIterable<T>, toText: (item: T) => string, head = ''): AsyncGenerator<string> {
  if (head !== '') yield head;
  for await (const item of items) yield toText(item);
}

function csvFile(name: string, content: Readable): StreamableFile {
  return file(name, 'text/csv; charset=utf-8', content);
}

function file(name: string, type: string, content: Readable): StreamableFile {
  return new StreamableFile(content, { type, disposition: `attachment; filename="${name}"` });
}

/** The stream of what is generated, once its head and first page are there: until then an error can still be told. */
async function begun(lines: AsyncGenerator<string>): Promise<Readable> {
  const first = [await lines.next(), await lines.next()].flatMap(({ done, value }) => (done === true ? [] : [value]));
  async function* all(): AsyncGenerator<string> {
    yield* first;
    yield* lines;
  }
  return Readable.from(all());
}
