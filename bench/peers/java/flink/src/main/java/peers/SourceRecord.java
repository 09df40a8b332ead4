package peers;

import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.types.CopyableValue;

/** What the rules need of a record; written by hand, as Flink's generic serializers cost several times as much. */
public final class SourceRecord implements CopyableValue<SourceRecord> {
    private static final long serialVersionUID = 1;
    private static final int BYTES = 4 + 4 + 8 + 8 + 1;
    private static final byte OK = 8;

    public int sensorId;
    public int partition;
    public long offset;
    /** When the log took it. */
    public long at;
    private byte what;

    public void becomeReading(int abnormalTypes) {
        what = (byte) abnormalTypes;
    }

    public void becomeOk() {
        what = OK;
    }

    public boolean isOk() {
        return what == OK;
    }

    public boolean isNormal() {
        return what == 0;
    }

    public int abnormalTypes() {
        return what;
    }

    /** As the log took them; a reading before an OK of the same millisecond. */
    public int compareTo(SourceRecord other) {
        if (at != other.at) return Long.compare(at, other.at);
        if (isOk() != other.isOk()) return isOk() ? 1 : -1;
        return Long.compare(offset, other.offset);
    }

    @Override
    public void write(DataOutputView out) throws IOException {
        out.writeInt(sensorId);
        out.writeInt(partition);
        out.writeLong(offset);
        out.writeLong(at);
        out.writeByte(what);
    }

    @Override
    public void read(DataInputView in) throws IOException {
        sensorId = in.readInt();
        partition = in.readInt();
        offset = in.readLong();
        at = in.readLong();
        what = in.readByte();
    }

    @Override
    public int getBinaryLength() {
        return BYTES;
    }

    @Override
    public void copyTo(SourceRecord target) {
        target.sensorId = sensorId;
        target.partition = partition;
        target.offset = offset;
        target.at = at;
        target.what = what;
    }

    @Override
    public SourceRecord copy() {
        SourceRecord copy = new SourceRecord();
        copyTo(copy);
        return copy;
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        target.write(source, BYTES);
    }
}
