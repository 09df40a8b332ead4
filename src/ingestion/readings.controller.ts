import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { LogBatch } from '../message-log/message-log.js';
import { BatchHandler } from './batch-handler.js';
import { BATCHES_PATTERN } from './message-log.transport.js';

/** Where batches of the message log enter the application. */
@Controller()
export class ReadingsController {
  constructor(private readonly handler: BatchHandler) {}

  @MessagePattern(BATCHES_PATTERN)
  async handle(@Payload() batches: LogBatch[]): Promise<void> {
    await this.handler.handle(batches);
  }
}
