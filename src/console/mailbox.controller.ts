import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow } from './access.decorator.js';
import { Mailbox } from './mailbox.js';
import { mailListQuery, mailParams, noParameters, type MailListQuery } from './request-schemas.js';
import { mail, mailList, type MailAnswer, type MailList } from './response-schemas.js';

@ApiTags('mailbox')
@Controller('api/mailbox')
export class MailboxController {
  constructor(private readonly mailbox: Mailbox) {}

  @Get()
  @Allow('auditor')
  @ApiOperation({ summary: 'The mails of the mailbox folder, newest first' })
  @ApiResponse({ status: 200, standardSchema: mailList })
  list(@Query({ schema: mailListQuery }) query: MailListQuery): Promise<MailList> {
    return this.mailbox.list(query);
  }

  @Get(':name')
  @Allow('auditor')
  @ApiOperation({ summary: 'One mail as text' })
  @ApiResponse({ status: 200, standardSchema: mail })
  read(
    @Param({ schema: mailParams }) { name }: { name: string },
    @Query({ schema: noParameters }) _none: object,
  ): Promise<MailAnswer> {
    return this.mailbox.read(name);
  }
}
