//! Byte sequences that modules were seen to send.

/// Each with the number of the call that it answers.
pub(super) const SEEN: [(u8, &[u8]); 20] = [
    (34, b"AT\r\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n"),
    (34, b"\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTSTART: 23\r\n\r\nERROR\r\n"),
    (34, b"\r\nOK\r\n\r\n+CSQ: 23,0\r\n\r\nOK\r\n\x01\x64+CGREG: 0,1\r\n\r\nOK\r\nSMS DONE\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\nERROR\r\n\r\nERROR\r\n\r\n+CMQTTACCQ: 0,19\r\n\r\nERROR\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\n+CMQTTACCQ: 0,\"device-7\",0\r\n+CMQTTACCQ: 1,\"\",0\r\n\r\nOK\r\n\
         \r\n+CMQTTDISC: 0,0\r\n+CMQTTDISC: 1,1\r\n\r\nOK\r\n\r\n+CMQTTCONNECT: 0,\"tcp://broker.example:1883\",60,1\r\n\
         +CMQTTCONNECT: 1\r\n\r\nOK\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\nERROR\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n\r\nOK\r\n\
         \r\n+CMQTTCONNECT: 0,3\r\n\r\nERROR\r\n"),
    (0, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\nERROR\r\n\r\nOK\r\n\r\n+CMQTTSTART: 0\r\n\r\nOK\r\n\r\nOK\r\n\
         \r\nOK\r\n\x02\x10\r\n+CMQTTCONNECT: 0,26\r\n"),
    (19, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTDISC: 0,11\r\n\r\nERROR\r\n\r\n+CMQTTREL: 0,20\r\n\r\nERROR\r\n\
         \r\nOK\r\n\r\nOK\r\n\r\n+CMQTTSTOP: 0\r\n\r\nOK\r\n\r\n+CMQTTNONET\r\n"),
    (20, b"\r\n+CMQTTRXSTART: 0,12,15\r\n+CMQTTRXTOPIC: 0,12\r\ndevice-7/cmd\r\n+CMQTTRXPAYLOAD: 0,15\r\n\r\nOK\r\n>\r\nERROR\
         \r\n\r\n+CMQTTRXEND: 0\r\n"),
    (20, b"\r\n+CMQTTRXSTART: 0,2,0\r\n\r\n+CMQTTRXTOPIC: 0,2\r\nab\r\n\r\n\r\n+CMQTTRXEND: 0\r\n"),
    (20, b"\r\n+CMQTTRXSTART: 0,1,4\r\n+CMQTTRXTOPIC: 0,1\r\na+CMQTTRXPAYLOAD: 0,2\r\nbc\r\n+CMQTTRXPAYLOAD: 0,2\r\nde\r\n\
         +CMQTTRXEND: 0\r\n+CMQTTRXSTART: 1,1,1\r\n+CMQTTRXTOPIC: 1,1\r\nx\r\n+CMQTTRXPAYLOAD: 1,1\r\ny\r\n+CMQTTRXEND: 1\r\n"),
    (20, b"\r\n+CMQTTCONNLOST: 0,3\r\n\r\n+CMQTTNONET\r\n\r\nRDY\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n"),
    (20, b"\r\n*ATREADY: 1\r\n\r\n*ISIMAID: \"A0000000871004\"\r\n\r\n+CMQTTRECV: 0,\"a\",2,\"on\"\r\n"),
    (23, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nOK\r\n\r\n+CGDCONT: 1,\"IP\",\"internet\"\r\n\r\nOK\r\n\
         \r\n+CREG: 0,1\r\n\r\nOK\r\n\r\n+CGREG: 0,5\r\n\r\nOK\r\n\r\n+CGACT: 1,1\r\n\r\nOK\r\n\r\n+CGPADDR: 1,10.0.0.7\r\n\r\nOK\r\n"),
    (23, b"\r\n+CME ERROR: SIM failure\r\n\r\n+CME ERROR: 14\r\n\r\n+CGEV: ME PDN DEACT 1\r\n\r\n+CME ERROR: unknown error (#33)\r\n"),
    (26, b"$GNRMC,,V,,,,,,,,,,N*4D\r\nAT+CSQ\r$GNRMC,,V*4D\r\n\r\n+CSQ: 99,99\r\n\r\nOK\r\n+CMT: \"+491\",,\"26\"\r\nOK\r\n"),
    (30, b"\r\n+CCLK: \"2026/09/24,10:16:26+28\"\r\n\r\nOK\r\n\r\n+CCLK: \"70/01/01,00:00:12+00\"\r\n\r\nOK\r\n"),
    (32, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\n> \r\n+CMGS: 3\r\n\r\nOK\r\n"),
    // The data never arrive.
    (20, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\r\n+CMQTTRXSTART: 0,1,10240\r\n+CMQTTRXTOPIC: 0,1\r\na\r\n+CMQTTRXPAYLOAD: 0,10240\r\n"),
    (13, b"\r\nOK\r\n\r\n+CSQ: 9,0\r\n\r\nOK\r\n\x01\x64\x05\x14\r\n+CMQTTRXPAYLOAD: 1,9000\r\n\x04\x00+CMQTTRXEND: 1\r\n"),
];
