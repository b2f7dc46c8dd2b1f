findscu -S -k QueryRetrieveLevel=STUDY -aec HCORTHANC localhost 4242
storescu -aec HCORTHANC localhost 4242 test.dcm
ls /srv/dicom/incoming
exit
