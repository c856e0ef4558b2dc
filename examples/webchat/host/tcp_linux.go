package host

import "syscall"

// limitUnconfirmed sets TCP_USER_TIMEOUT, as libpq's tcp_user_timeout does.
func limitUnconfirmed(_, _ string, conn syscall.RawConn) error {
	const userTimeout = 0x12 // package syscall has no name for it
	var err error
	controlErr := conn.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, userTimeout, int(sendTimeout.Milliseconds()))
	})
	if controlErr != nil {
		return controlErr
	}
	return err
}
