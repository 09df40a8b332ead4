package peers;

/** R5 for the OK messages of one partition. */
final class OkProcessor extends MessageProcessor {
    OkProcessor(Backlog backlog) {
        super(backlog, "OK");
    }

    @Override
    void handle(long at) {
        states.delete(message.sensorId());
    }
}
