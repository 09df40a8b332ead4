import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { CommandHandler, CqrsModule, QueryHandler } from '@nestjs/cqrs';
import { AlarmLifeModule } from '../alarm-life/alarm-life.module.js';
import { OperatorActions } from '../alarm-life/operator-actions.js';
import { SensorCommands } from '../alarm-life/sensor-commands.js';
import type { Clock } from '../clock.js';
import type { Config } from '../config.js';
import type { CustomerStore } from '../customers/customer-store.js';
import type { EventStore } from '../event-store/event-store.js';
import { AlarmReads } from '../projections/alarm-reads.js';
import { CellSensors } from '../projections/cell-sensors.js';
import type { CountSource } from '../projections/count-reads.js';
import { LoadReads } from '../projections/load-reads.js';
import type { MapSource } from '../projections/map-answer.js';
import { PastAlarms } from '../projections/past-alarms.js';
import { PastChanges } from '../projections/past-changes.js';
import { PastSensors } from '../projections/past-sensors.js';
import { SensorListReads } from '../projections/sensor-list-reads.js';
import { CLOCK, CONFIG, CUSTOMER_STORE, EVENT_STORE, MAP_AND_COUNTS, OPERATIONS } from '../tokens.js';
import { AcknowledgeAlarm, AcknowledgeAlarmHandler } from './commands/acknowledge-alarm.command.js';
import { CommentAlarm, CommentAlarmHandler } from './commands/comment-alarm.command.js';
import { DropDeadLetters, DropDeadLettersHandler } from './commands/drop-dead-letters.command.js';
import { EraseCustomer, EraseCustomerHandler } from './commands/erase-customer.command.js';
import { RebuildProjection, RebuildProjectionHandler } from './commands/rebuild-projection.command.js';
import { ReplayDeadLetters, ReplayDeadLettersHandler } from './commands/replay-dead-letters.command.js';
import { RetryNotification, RetryNotificationHandler } from './commands/retry-notification.command.js';
import { SaveCustomers, SaveCustomersHandler } from './commands/save-customers.command.js';
import { ShelveSensor, ShelveSensorHandler } from './commands/shelve-sensor.command.js';
import { UnshelveSensor, UnshelveSensorHandler } from './commands/unshelve-sensor.command.js';
import { mailboxFolder, Mailbox } from './mailbox.js';
import type { Operations } from './operations.js';
import { AuditSensor, AuditSensorHandler } from './queries/audit-sensor.query.js';
import { AuditSystem, AuditSystemHandler } from './queries/audit-system.query.js';
import { CountAlarms, CountAlarmsHandler } from './queries/count-alarms.query.js';
import { ExportAlarms, ExportAlarmsHandler } from './queries/export-alarms.query.js';
import { ExportEvents, ExportEventsHandler } from './queries/export-events.query.js';
import { FindAlarm, FindAlarmHandler } from './queries/find-alarm.query.js';
import { FindCustomer, FindCustomerHandler } from './queries/find-customer.query.js';
import { FindSensor, FindSensorHandler } from './queries/find-sensor.query.js';
import { FindShelving, FindShelvingHandler } from './queries/find-shelving.query.js';
import { ListAlarms, ListAlarmsHandler } from './queries/list-alarms.query.js';
import { ListCellSensors, ListCellSensorsHandler } from './queries/list-cell-sensors.query.js';
import { ListShelved, ListShelvedHandler } from './queries/list-shelved.query.js';
import { ListSilent, ListSilentHandler } from './queries/list-silent.query.js';
import { MapCells, MapCellsHandler } from './queries/map-cells.query.js';
import { MeasureLoad, MeasureLoadHandler } from './queries/measure-load.query.js';
import { NameCustomers, NameCustomersHandler } from './queries/name-customers.query.js';

// The decorators are applied here, so that the handlers know nothing of Nest.
QueryHandler(ListAlarms)(ListAlarmsHandler);
QueryHandler(ExportAlarms)(ExportAlarmsHandler);
QueryHandler(FindAlarm)(FindAlarmHandler);
QueryHandler(FindSensor)(FindSensorHandler);
QueryHandler(AuditSensor)(AuditSensorHandler);
QueryHandler(AuditSystem)(AuditSystemHandler);
QueryHandler(ExportEvents)(ExportEventsHandler);
QueryHandler(FindCustomer)(FindCustomerHandler);
QueryHandler(NameCustomers)(NameCustomersHandler);
QueryHandler(MapCells)(MapCellsHandler);
QueryHandler(ListCellSensors)(ListCellSensorsHandler);
QueryHandler(CountAlarms)(CountAlarmsHandler);
QueryHandler(MeasureLoad)(MeasureLoadHandler);
QueryHandler(FindShelving)(FindShelvingHandler);
QueryHandler(ListShelved)(ListShelvedHandler);
QueryHandler(ListSilent)(ListSilentHandler);
CommandHandler(AcknowledgeAlarm)(AcknowledgeAlarmHandler);
CommandHandler(CommentAlarm)(CommentAlarmHandler);
CommandHandler(ShelveSensor)(ShelveSensorHandler);
CommandHandler(UnshelveSensor)(UnshelveSensorHandler);
CommandHandler(RetryNotification)(RetryNotificationHandler);
CommandHandler(RebuildProjection)(RebuildProjectionHandler);
CommandHandler(ReplayDeadLetters)(ReplayDeadLettersHandler);
CommandHandler(DropDeadLetters)(DropDeadLettersHandler);
CommandHandler(SaveCustomers)(SaveCustomersHandler);
CommandHandler(EraseCustomer)(EraseCustomerHandler);

/** What answers the console's questions and carries out what operators ask for. */
@Module({})
export class ConsoleBusesModule {
  static over(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: ConsoleBusesModule,
      imports: [CqrsModule.forRoot(), AlarmLifeModule, ...imports],
      providers: [
        { provide: Mailbox, useFactory: (config: Config) => new Mailbox(mailboxFolder(config.dataDir)), inject: [CONFIG] },

        { provide: ListAlarmsHandler, useFactory: (alarms: AlarmReads) => new ListAlarmsHandler(alarms), inject: [AlarmReads] },
        {
          provide: ExportAlarmsHandler,
          useFactory: (alarms: AlarmReads, customers: CustomerStore) => new ExportAlarmsHandler(alarms, customers),
          inject: [AlarmReads, CUSTOMER_STORE],
        },
        {
          provide: FindAlarmHandler,
          useFactory: (alarms: AlarmReads, store: EventStore, mailbox: Mailbox, customers: CustomerStore) => new FindAlarmHandler(alarms, store, mailbox, customers.notes),
          inject: [AlarmReads, EVENT_STORE, Mailbox, CUSTOMER_STORE],
        },
        {
          provide: FindSensorHandler,
          useFactory: (store: EventStore, customers: CustomerStore) => new FindSensorHandler(store, customers),
          inject: [EVENT_STORE, CUSTOMER_STORE],
        },
        {
          provide: AuditSensorHandler,
          useFactory: (store: EventStore, customers: CustomerStore, clock: Clock) => new AuditSensorHandler(store, customers.notes, clock),
          inject: [EVENT_STORE, CUSTOMER_STORE, CLOCK],
        },
        {
          provide: AuditSystemHandler,
          useFactory: (alarms: PastAlarms, changes: PastChanges, sensors: PastSensors, customers: CustomerStore, clock: Clock) => new AuditSystemHandler({ alarms, changes, sensors }, customers.notes, clock),
          inject: [PastAlarms, PastChanges, PastSensors, CUSTOMER_STORE, CLOCK],
        },
        { provide: ExportEventsHandler, useFactory: (store: EventStore) => new ExportEventsHandler(store), inject: [EVENT_STORE] },
        { provide: FindCustomerHandler, useFactory: (customers: CustomerStore) => new FindCustomerHandler(customers), inject: [CUSTOMER_STORE] },
        { provide: NameCustomersHandler, useFactory: (customers: CustomerStore) => new NameCustomersHandler(customers), inject: [CUSTOMER_STORE] },
        { provide: MapCellsHandler, useFactory: (map: MapSource) => new MapCellsHandler(map), inject: [MAP_AND_COUNTS] },
        { provide: ListCellSensorsHandler, useFactory: (sensors: CellSensors) => new ListCellSensorsHandler(sensors), inject: [CellSensors] },
        {
          provide: CountAlarmsHandler,
          useFactory: (counts: CountSource, clock: Clock) => new CountAlarmsHandler(counts, clock),
          inject: [MAP_AND_COUNTS, CLOCK],
        },
        { provide: MeasureLoadHandler, useFactory: (load: LoadReads, clock: Clock) => new MeasureLoadHandler(load, clock), inject: [LoadReads, CLOCK] },
        {
          provide: FindShelvingHandler,
          useFactory: (commands: SensorCommands, customers: CustomerStore, config: Config) => new FindShelvingHandler(commands, customers.notes, config.longestShelvingMs),
          inject: [SensorCommands, CUSTOMER_STORE, CONFIG],
        },
        {
          provide: ListShelvedHandler,
          useFactory: (shelved: SensorListReads, customers: CustomerStore) => new ListShelvedHandler(shelved, customers.notes),
          inject: [SensorListReads, CUSTOMER_STORE],
        },
        { provide: ListSilentHandler, useFactory: (lists: SensorListReads) => new ListSilentHandler(lists), inject: [SensorListReads] },

        { provide: AcknowledgeAlarmHandler, useFactory: (alarms: AlarmReads, actions: OperatorActions) => new AcknowledgeAlarmHandler(alarms, actions), inject: [AlarmReads, OperatorActions] },
        { provide: CommentAlarmHandler, useFactory: (alarms: AlarmReads, actions: OperatorActions) => new CommentAlarmHandler(alarms, actions), inject: [AlarmReads, OperatorActions] },
        { provide: ShelveSensorHandler, useFactory: (actions: OperatorActions) => new ShelveSensorHandler(actions), inject: [OperatorActions] },
        { provide: UnshelveSensorHandler, useFactory: (commands: SensorCommands) => new UnshelveSensorHandler(commands), inject: [SensorCommands] },
        { provide: RetryNotificationHandler, useFactory: (operations: Operations) => new RetryNotificationHandler(operations), inject: [OPERATIONS] },
        { provide: RebuildProjectionHandler, useFactory: (operations: Operations) => new RebuildProjectionHandler(operations), inject: [OPERATIONS] },
        { provide: ReplayDeadLettersHandler, useFactory: (operations: Operations) => new ReplayDeadLettersHandler(operations), inject: [OPERATIONS] },
        { provide: DropDeadLettersHandler, useFactory: (operations: Operations) => new DropDeadLettersHandler(operations), inject: [OPERATIONS] },
        { provide: SaveCustomersHandler, useFactory: (customers: CustomerStore) => new SaveCustomersHandler(customers), inject: [CUSTOMER_STORE] },
        { provide: EraseCustomerHandler, useFactory: (customers: CustomerStore) => new EraseCustomerHandler(customers), inject: [CUSTOMER_STORE] },
      ],
      exports: [CqrsModule, Mailbox],
    };
  }
}
